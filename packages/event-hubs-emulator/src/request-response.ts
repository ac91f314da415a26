import type { EventContext, Message, Receiver, Sender } from 'rhea';
import rhea from 'rhea';
import type { Refusal } from './refusal.ts';

const CREDIT = 100;

/** What a client asks: application properties that name an operation, and what goes with it. */
export interface Request {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

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

  /**
   * The link on which a request's answer leaves. `$cbs` clients reply to the name of their link, `$management` clients to its
   * target's address, often the same; Python's name none and mean the one they opened beside the request's, in the same session.
   */
  find(replyTo: string | undefined, requests: Receiver): Sender | undefined {
    const open = [...this.#links].filter((link) => link.is_open());
    const named = open.find((link) => link.name === replyTo || link.target?.address === replyTo);
    return named ?? open.find((link) => link.session === requests.session && link.source?.address === requests.target?.address);
  }
}

/** Answers the requests that arrive on a link. A request whose reply link is unknown is only settled. */
export function serveRequests(receiver: Receiver, replies: ReplyLinks, answer: (request: Request) => Response): void {
  receiver.on('message', ({ message, delivery }: EventContext) => {
    delivery?.accept();
    receiver.add_credit(1);
    const link = replies.find(message?.reply_to, receiver);
    if (message === undefined || link === undefined) return;
    const { message_id: id, reply_to: to } = message;
    link.send({
      ...toMessage(answer({ properties: message.application_properties ?? {}, body: message.body })),
      ...(id !== undefined && { correlation_id: id }),
      ...(to !== undefined && { to }),
    });
  });
  receiver.add_credit(CREDIT);
}
