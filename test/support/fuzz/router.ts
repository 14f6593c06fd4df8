import { dispatchWith } from '#functions/ocpp/v16/answer.ts';
import { quirks } from '#shared/domain/charger.ts';
import { parseFrame } from '#shared/ocpp/frame.ts';
import type { Strictness } from '#shared/ocpp/violation.ts';
import type { App } from '#shared/runtime/app.ts';
import { type Answered, answerFrame } from '#shared/runtime/call.ts';
import { type Caller, callerOf } from '#shared/runtime/caller.ts';
import type { Stores } from '#shared/store/stores.ts';
import { anew, atSecond, chargerPlan, durations, noon, untraced } from '#test/support/examples.ts';
import { allPages } from '#test/support/pages.ts';
import { faultOf } from './oracle.ts';

const dispatch = dispatchWith({ after: async () => {} });

const keptWhenRefused = ['StartTransaction', 'StopTransaction', 'MeterValues'];

/** The complete router before one charger, on stores whose every frame is a millisecond after the one before. */
export class DrivenRouter {
  readonly #stores: Stores;
  readonly #caller: Caller;
  readonly #app: App;
  #nowMs = noon;
  #error: unknown;
  /** Of the answered starts. */
  readonly #transactions = new Set<string>();
  readonly #refused = new Set<string>();

  static async on(
    stores: Stores,
    { strictness, accepted, odd }: { strictness: Strictness; accepted: boolean; odd: boolean },
  ) {
    const charger = chargerPlan({
      ...{ id: anew('CP'), organisationId: anew('org'), strictness },
      quirks: odd ? [...quirks] : [],
    });
    await stores.chargers.saveCharger(charger);
    if (accepted) await stores.chargers.markAccepted(charger.id, atSecond(0));
    const issuer = { organisationId: charger.organisationId };
    await stores.tags.saveTag({ idTag: '04A2B3C4D5E680', issuer, status: 'Accepted', parentIdTag: 'FAMILY' });
    await stores.tags.saveTag({ idTag: 'LIMITED', issuer, status: 'Accepted', maxOpenSessions: 1 });
    await stores.tags.saveTag({ idTag: 'DEADBEEF', issuer, status: 'Blocked', expiryDate: atSecond(60) });
    return new DrivenRouter(stores, { ...charger, ...(accepted && { acceptedAt: atSecond(0) }) });
  }

  private constructor(stores: Stores, charger: ReturnType<typeof chargerPlan> & { acceptedAt?: string }) {
    const { id, organisationId, acceptedAt, strictness, quirks } = charger;
    const caller = callerOf({
      verdict: 'in',
      chargerId: id,
      organisationId,
      acceptedAt,
      heartbeatIntervalS: '300',
      strictness,
      quirks: quirks.join(','),
      connectors: '1,2',
      protocol: 'ocpp1.6',
      revision: '1',
    });
    if (!caller) throw new Error('The charger is not let in');
    this.#stores = stores;
    this.#caller = caller;
    this.#app = {
      stores,
      clock: () => this.#nowMs,
      durations,
      tracing: untraced,
      log: {
        info: () => {},
        warn: () => {},
        error: (message, details) => {
          this.#error = details?.error ?? message;
        },
      },
    };
  }

  /** What came of the frame, and what is wrong with that. */
  async answer(text: string): Promise<Answered & { fault?: string }> {
    this.#nowMs++;
    const frame = parseFrame(text);
    const answered = await answerFrame(this.#app, this.#caller, text, frame, dispatch);
    const { action, refusal, reply } = answered;
    if (refusal !== undefined && keptWhenRefused.includes(action)) this.#refused.add(text);
    if (refusal === undefined && action === 'StartTransaction' && reply !== undefined) {
      const [, , { transactionId }] = JSON.parse(reply);
      this.#transactions.add(String(transactionId));
    }
    const fault = faultOf(text, action, reply);
    return { ...answered, fault: fault && `${fault} ${this.#errorText()}` };
  }

  /** What was answered and is not there, or was refused and is not kept. */
  async lost(): Promise<string[]> {
    const { chargerId } = this.#caller;
    const sessions = await Promise.all(
      [...this.#transactions].map(async (id) => ((await this.#stores.sessions.findSession(chargerId, id)) ? [] : [id])),
    );
    const evidence = await allPages((after) => this.#stores.evidence.listEvidence(chargerId, 100, after));
    const kept = new Set(evidence.flat().flatMap(({ kind, content }) => (kind === 'refused' ? [content] : [])));
    return [...sessions.flat(), ...[...this.#refused].filter((text) => !kept.has(text))];
  }

  #errorText(): string {
    return this.#error instanceof Error ? (this.#error.stack ?? this.#error.message) : String(this.#error ?? '');
  }
}
