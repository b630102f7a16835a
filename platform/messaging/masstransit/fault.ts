import type { Message } from '../message.ts';
import {
  type Content,
  contentType,
  envelope,
  exchangeOf,
  formatTime,
  type Properties,
  propertiesOf,
} from './envelope.ts';
import { exceptionInfo } from './exception-info.ts';
import { type Failure, retryCountHeader } from './fault-headers.ts';
import type { Delivery } from './read-envelope.ts';
import { addressOf, hostInfo, type Sender } from './sender.ts';
import { readTrace, traceHeaders } from './trace-headers.ts';
import { writeJson } from './write-json.ts';

export type Outgoing = {
  readonly exchange: string;
  /** The exchange of every Fault: what is published to `exchange` has to go on to it. */
  readonly onTo: string;
  readonly properties: Properties;
  readonly body: string;
};

/** `conversationId`: that of the message that failed, as `readEnvelope` told it. */
export type FaultIds = { readonly id: string; readonly conversationId?: string | undefined };

const faultUrn = 'urn:message:MassTransit:Fault';
const receiveFaultUrn = 'urn:message:MassTransit:ReceiveFault';

/** The Fault that tells of a message whose consumer failed. */
export function writeFault(message: Message, failure: Failure, sender: Sender, ids: FaultIds): Outgoing {
  const type = exchangeOf(message.urn);
  const fault = {
    faultId: ids.id,
    faultedMessageId: message.id,
    ...whatHappened(failure, sender),
    faultMessageTypes: [message.urn],
    message: message.body,
  };
  return write(failure, sender, ids, {
    exchange: `MassTransit:Fault--${type}--`,
    messageType: [`${faultUrn}[[${type}]]`, faultUrn],
    message: fault,
    headers: { [retryCountHeader]: failure.consumed?.retries ?? 0, ...traceHeaders(message.traceparent) },
  });
}

/** The Fault that tells of a message that could not be read. */
export function writeReceiveFault(
  delivery: Pick<Delivery, 'contentType' | 'messageId' | 'headers'>,
  failure: Failure,
  sender: Sender,
  ids: FaultIds,
): Outgoing {
  const { timestamp, ...rest } = whatHappened(failure, sender);
  const faultedMessageId = delivery.messageId ?? null;
  const type = delivery.contentType ?? contentType;
  return write(failure, sender, ids, {
    exchange: exchangeOf(receiveFaultUrn),
    messageType: [receiveFaultUrn, faultUrn],
    message: { faultId: ids.id, timestamp, faultedMessageId, ...rest, faultMessageTypes: null, contentType: type },
    headers: traceHeaders(readTrace(delivery.headers).traceparent),
  });
}

function whatHappened({ error, at }: Failure, sender: Sender) {
  return { timestamp: formatTime(at), exceptions: [exceptionInfo(error)], host: hostInfo(sender) };
}

type Fault = Pick<Content, 'exchange' | 'messageType' | 'message' | 'headers'>;

function write({ at, queue }: Failure, sender: Sender, { id, conversationId = id }: FaultIds, fault: Fault): Outgoing {
  const content = { ...fault, messageId: id, conversationId, sourceAddress: addressOf(queue, sender), sentAt: at };
  return {
    exchange: fault.exchange,
    onTo: exchangeOf(faultUrn),
    properties: propertiesOf(id, fault.headers),
    body: writeJson(envelope(sender, content)),
  };
}
