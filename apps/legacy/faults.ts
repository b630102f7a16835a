import { randomUUID } from 'node:crypto';
import type { Bus } from './bus.ts';
import { contentType, type Headers, host, urnOf, utcNow } from './envelope.ts';

/** A message as it came out of its queue. */
export type Delivery = {
  readonly queue: string;
  readonly contentType: string | undefined;
  readonly messageId: string | undefined;
  readonly headers: Headers;
  readonly body: Buffer;
};

/** `consumed` is missing when the message could not even be read. */
export type Failure = {
  readonly error: unknown;
  readonly consumed?: { readonly type: string; readonly consumer: string; readonly retries: number };
};

type Failed = { readonly messageId: string | null; readonly conversationId: string; readonly message: unknown };

const faultType = 'MassTransit:Fault';
const receiveFaultType = 'MassTransit:ReceiveFault';

export async function moveToSkipped(bus: Bus, delivery: Delivery): Promise<void> {
  await move(bus, delivery, `${delivery.queue}_skipped`, { ...hostHeaders, 'MT-Reason': 'dead-letter' });
}

export async function moveToError(bus: Bus, delivery: Delivery, { error, consumed }: Failure): Promise<void> {
  const { exceptionType, message, stackTrace } = exceptionOf(error);
  await move(bus, delivery, `${delivery.queue}_error`, {
    ...hostHeaders,
    'MT-Reason': 'fault',
    'MT-Fault-ExceptionType': exceptionType,
    'MT-Fault-InputAddress': `${bus.address}/${delivery.queue}`,
    'MT-Fault-Message': message,
    'MT-Fault-Timestamp': utcNow(),
    'MT-Fault-StackTrace': stackTrace,
    ...(consumed && {
      'MT-Fault-ConsumerType': consumed.consumer,
      'MT-Fault-MessageType': consumed.type.replace(':', '.'),
      'MT-Fault-RetryCount': consumed.retries,
    }),
  });
}

/** Tells whoever listens that a message could not be handled. */
export async function publishFault(bus: Bus, { queue }: Delivery, failure: Failure, failed: Failed): Promise<void> {
  const { type, retries } = failure.consumed ?? { type: '', retries: 0 };
  const message = {
    faultId: randomUUID(),
    faultedMessageId: failed.messageId,
    timestamp: utcNow(),
    exceptions: [exceptionOf(failure.error)],
    host,
    faultMessageTypes: [urnOf(type)],
    message: failed.message,
  };
  const content = {
    exchange: `${faultType}--${type}--`,
    sourceAddress: `${bus.address}/${queue}`,
    conversationId: failed.conversationId,
    messageType: [`${urnOf(faultType)}[[${type}]]`, urnOf(faultType)],
    message,
    headers: { 'MT-Fault-RetryCount': retries },
  };
  await bus.tell(content, faultType);
}

/** Tells whoever listens that a message could not be read. */
export async function publishReceiveFault(bus: Bus, delivery: Delivery, error: unknown): Promise<void> {
  const message = {
    faultId: randomUUID(),
    timestamp: utcNow(),
    faultedMessageId: delivery.messageId ?? null,
    exceptions: [exceptionOf(error)],
    host,
    faultMessageTypes: null,
    contentType: delivery.contentType ?? contentType,
  };
  const content = {
    exchange: receiveFaultType,
    sourceAddress: `${bus.address}/${delivery.queue}`,
    conversationId: randomUUID(),
    messageType: [urnOf(receiveFaultType), urnOf(faultType)],
    message,
  };
  await bus.tell(content, faultType);
}

async function move(bus: Bus, delivery: Delivery, to: string, headers: Headers): Promise<void> {
  const { messageId: id, contentType: type, body } = delivery;
  await bus.send({ exchange: to, queue: to, id, type, body, headers: { ...delivery.headers, ...headers } });
}

const hostHeaders = {
  'MT-Host-MachineName': host.machineName,
  'MT-Host-ProcessName': host.processName,
  'MT-Host-ProcessId': String(host.processId),
  'MT-Host-Assembly': host.assembly,
  'MT-Host-AssemblyVersion': host.assemblyVersion,
  'MT-Host-MassTransitVersion': host.massTransitVersion,
  'MT-Host-FrameworkVersion': host.frameworkVersion,
  'MT-Host-OperatingSystemVersion': host.operatingSystemVersion,
};

function exceptionOf(thrown: unknown) {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return {
    exceptionType: dotnetNames[error.name] ?? `System.${error.name}`,
    innerException: null,
    stackTrace: (error.stack ?? '').slice(0, 4_000),
    message: error.message.slice(0, 4_000),
    source: 'Domain',
    data: null,
  };
}

const dotnetNames: Readonly<Record<string, string>> = {
  Refusal: 'System.ComponentModel.DataAnnotations.ValidationException',
  SyntaxError: 'System.Text.Json.JsonReaderException',
  TypeError: 'System.ArgumentNullException',
  Error: 'System.InvalidOperationException',
};
