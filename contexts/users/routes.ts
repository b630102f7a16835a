import { ChangeUser, Failure, Problem, RegisterUser, User, UserId, UserList } from '@ticketbuddy/contracts';
import { created, jsonList, noContent, ok, route } from '@ticketbuddy/http';
import type { Deps } from '@ticketbuddy/runtime';
import { changeUser } from './change-user.ts';
import { getUser } from './get-user.ts';
import { listUsers } from './list-users.ts';
import { registerUser } from './register-user.ts';
import type { DB } from './tables.gen.ts';
import { readDetails, readRegistration, userJson } from './wire.ts';

export function routes(deps: Deps<DB>) {
  return [
    route({
      method: 'GET',
      path: '/users',
      summary: 'All users, in no order to rely on',
      tag: 'users',
      useCase: 'list users',
      answers: { 200: UserList },
      handle: async () => ok(jsonList((after) => listUsers(deps, after), userJson)),
    }),
    route({
      method: 'POST',
      path: '/users',
      summary: 'Register a user',
      tag: 'users',
      useCase: 'register user',
      request: RegisterUser,
      read: readRegistration,
      answers: { 201: UserId, 400: Failure },
      handle: async ({ body }) => {
        const id = await registerUser(deps, body);
        return created(`/users/${id}`, `"${id}"`);
      },
    }),
    route({
      method: 'GET',
      path: '/users/:id',
      summary: 'One user',
      tag: 'users',
      useCase: 'get user',
      answers: { 200: User, 404: Problem },
      handle: async ({ ids }) => ok(userJson(await getUser(deps, ids.id ?? ''))),
    }),
    route({
      method: 'PUT',
      path: '/users/:id',
      summary: 'Change the name and the e-mail of a user',
      tag: 'users',
      useCase: 'change user',
      request: ChangeUser,
      read: readDetails,
      answers: { 204: undefined, 400: Failure },
      handle: async ({ ids, body }) => {
        await changeUser(deps, ids.id ?? '', body);
        return noContent;
      },
    }),
  ];
}
