import os from 'node:os';

/** Who sends: told to every receiver, in the envelope and in the headers of a parked message. */
export type Sender = {
  readonly machineName: string;
  readonly processName: string;
  readonly processId: number;
  /** A MassTransit address, such as `rabbitmq://localhost/ticketbuddy?temporary=true`. */
  readonly address: string;
};

/** The members of `host`, in MassTransit's order and with its types; the values are ours. */
export function hostInfo({ machineName, processName, processId }: Sender) {
  return {
    machineName,
    processName,
    processId,
    assembly: processName,
    assemblyVersion: '1.0.0.0',
    frameworkVersion: process.versions.node,
    massTransitVersion: speaksLike,
    operatingSystemVersion: `${os.type()} ${os.release()}`,
  } as const;
}

/** The address of an exchange or a queue on the sender's broker and virtual host. */
export function addressOf(name: string, { address }: Sender): string {
  const [path = ''] = address.split('?', 1);
  return `${path.slice(0, path.lastIndexOf('/'))}/${name}`;
}

// Not what runs here, but whose wire format is spoken: a peer may decide by it what it can expect.
const speaksLike = '8.5.12.0';
