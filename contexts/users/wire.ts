import { type UserType, userTypes } from '@ticketbuddy/contracts';
import { enumeration, type Members, readObject, text } from '@ticketbuddy/dotnet-json';
import { type Details, judgeEmail, judgeFullName, type Registration, type User } from './user.ts';

type DetailsBody = { FullName: string; Email: string };

const details: Members<DetailsBody> = { FullName: text(judgeFullName), Email: text(judgeEmail) };

const registration: Members<DetailsBody & { UserType: UserType }> = { ...details, UserType: enumeration(userTypes) };

export function readDetails(json: Buffer): Details {
  const body = readObject(json, details);
  return { fullName: body.FullName, email: body.Email };
}

export function readRegistration(json: Buffer): Registration {
  const body = readObject(json, registration);
  return { fullName: body.FullName, email: body.Email, userType: body.UserType };
}

export function userJson(user: User): string {
  return JSON.stringify({ FullName: user.fullName, Email: user.email, UserType: user.userType, Id: user.id });
}
