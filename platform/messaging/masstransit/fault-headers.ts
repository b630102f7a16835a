import { exchangeOf, formatTime, type Headers } from './envelope.ts';
import { exceptionInfo, rootOf } from './exception-info.ts';
import { addressOf, hostInfo, type Sender } from './sender.ts';

/** Why a message goes to `_error`. */
export type Failure = {
  readonly error: unknown;
  readonly at: Temporal.Instant;
  readonly queue: string;
  /** Who failed, over what, after how many retries; missing when the message could not even be read. */
  readonly consumed?: Consumed | undefined;
};

export type Consumed = { readonly consumer: string; readonly urn: string; readonly retries: number };

export const retryCountHeader = 'MT-Fault-RetryCount';

// Headers have to fit into one frame of 128 KiB, or RabbitMQ closes the connection.
const messageLengthMax = 4_000;
const stackLengthMax = 16_000;

/** The headers of a message in `<queue>_error`, to be added to those it came with. */
export function errorHeaders({ error, at, queue, consumed }: Failure, sender: Sender): Headers {
  const root = rootOf(exceptionInfo(error));
  return {
    ...hostHeaders(sender),
    'MT-Reason': 'fault',
    'MT-Fault-ExceptionType': root.exceptionType,
    'MT-Fault-InputAddress': addressOf(queue, sender),
    'MT-Fault-Message': cut(root.message, messageLengthMax),
    'MT-Fault-Timestamp': formatTime(at),
    'MT-Fault-StackTrace': cut(root.stackTrace ?? '', stackLengthMax),
    ...(consumed && consumedHeaders(consumed)),
  };
}

/** The headers of a message in `<queue>_skipped`, to be added to those it came with. */
export function skippedHeaders(sender: Sender): Headers {
  return { ...hostHeaders(sender), 'MT-Reason': 'dead-letter' };
}

function consumedHeaders({ consumer, urn, retries }: Consumed): Headers {
  return {
    'MT-Fault-ConsumerType': consumer,
    'MT-Fault-MessageType': exchangeOf(urn).replace(':', '.'),
    [retryCountHeader]: retries,
  };
}

function hostHeaders(sender: Sender): Headers {
  const host = hostInfo(sender);
  return {
    'MT-Host-MachineName': host.machineName,
    'MT-Host-ProcessName': host.processName,
    'MT-Host-ProcessId': String(host.processId),
    'MT-Host-Assembly': host.assembly,
    'MT-Host-AssemblyVersion': host.assemblyVersion,
    'MT-Host-MassTransitVersion': host.massTransitVersion,
    'MT-Host-FrameworkVersion': host.frameworkVersion,
    'MT-Host-OperatingSystemVersion': host.operatingSystemVersion,
  };
}

function cut(text: string, length: number): string {
  return text.slice(0, length).toWellFormed();
}
