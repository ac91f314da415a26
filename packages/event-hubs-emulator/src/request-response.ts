import type { EventContext, Message, Receiver, Sender } from 'rhea';
import rhea from 'rhea';
import type { Refusal } from './refusal.ts';

const CREDIT = 100;

/** What a request is answered with: a body, or why not. */
export type Response =
  | { readonly status: 200 | 202; readonly body?: unknown }
  | { readonly status: 400 | 401 | 404; readonly refusal: Refusal };

function toMessage(response: Response): Pick<Message, 'body' | 'application_properties'> {
  if (!('refusal' in response)) {
    const properties = {
      'status-code': rhea.types.wrap_int(response.status),
      'status-description': response.status === 202 ? 'Accepted' : 'OK',
    };
    return { body: response.body ?? '', application_properties: properties };
  }
  const { condition, description } = response.refusal;
  const properties = {
    'status-code': rhea.types.wrap_int(response.status),
    'status-description': description,
    'error-condition': rhea.types.wrap_symbol(condition),
  };
  return { body: '', application_properties: properties };
}

/** The links of one connection on which answers leave, by the names under which requests ask for them. */
export class ReplyLinks {
  readonly #links = new Set<Sender>();

  add(sender: Sender): void {
    this.#links.add(sender);
    sender.once('sender_close', () => this.#links.delete(sender));
  }

  /** `$cbs` clients reply to the name of their link, `$management` clients to its target's address, often the same. */
  find(replyTo: string | undefined): Sender | undefined {
    return [...this.#links].find((link) => link.is_open() && (link.name === replyTo || link.target?.address === replyTo));
  }
}

/** Answers the requests that arrive on a link. A request whose reply link is unknown is only settled. */
export function serveRequests(
  receiver: Receiver,
  replies: ReplyLinks,
  answer: (properties: Readonly<Record<string, unknown>>) => Response,
): void {
  receiver.on('message', ({ message, delivery }: EventContext) => {
    delivery?.accept();
    receiver.add_credit(1);
    const link = replies.find(message?.reply_to);
    if (message === undefined || link === undefined) return;
    const { message_id: id, reply_to: to } = message;
    link.send({
      ...toMessage(answer(message.application_properties ?? {})),
      ...(id !== undefined && { correlation_id: id }),
      ...(to !== undefined && { to }),
    });
  });
  receiver.add_credit(CREDIT);
}
