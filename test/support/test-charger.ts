import type { Api, BodyOf } from './api.ts';
import type { LocalCloud } from './local-cloud.ts';
import type { Dialling, RawCharger } from './raw-charger.ts';

interface Plan {
  id: string;
  password?: string;
  authorizationKeyHex?: string;
  [field: string]: unknown;
}

/** A charger from both sides: the one that dials, and what the app API says of it. */
export class TestCharger {
  readonly id: string;
  readonly #cloud: LocalCloud;
  readonly #api: Api;
  readonly #plan: Plan;

  constructor(cloud: LocalCloud, api: Api, plan: Plan) {
    this.id = plan.id;
    this.#cloud = cloud;
    this.#api = api;
    this.#plan = plan;
  }

  /** Its plan as it is, but for what is changed here. */
  async put(changed: Record<string, unknown> = {}): Promise<BodyOf<'putCharger'>> {
    Object.assign(this.#plan, changed);
    return this.#api.ask('putCharger', { params: { chargerId: this.id }, body: this.#plan });
  }

  /** What it sends as Basic credentials; a key as its hex digits. */
  get credentials(): Dialling['basic'] {
    const password = this.#plan.password ?? this.#plan.authorizationKeyHex;
    return password === undefined ? undefined : { user: this.id, password };
  }

  dial(dialling: Dialling = {}): Promise<RawCharger> {
    return this.#cloud.dial(`/ocpp/${encodeURIComponent(this.id)}`, { basic: this.credentials, ...dialling });
  }

  /** A connection on which the boot was answered. */
  async boot(): Promise<RawCharger> {
    const socket = await this.dial();
    await socket.boot();
    return socket;
  }

  read(): Promise<BodyOf<'getCharger'>> {
    return this.#api.ask('getCharger', this.#named);
  }

  async sessions(): Promise<BodyOf<'listChargerSessions'>['items']> {
    return (await this.#api.pages('listChargerSessions', this.#named)).flat();
  }

  /** The session that the charger knows by this id. */
  async session(transactionId: number): Promise<BodyOf<'getSession'>> {
    const id = String(transactionId);
    const found = (await this.sessions()).find((session) => session.protocolTransactionId === id);
    if (!found) throw new Error(`no session has the transaction id ${id}`);
    return found;
  }

  async readings(transactionId: number): Promise<BodyOf<'listSessionMeterValues'>['items']> {
    return this.readingsOf((await this.session(transactionId)).id);
  }

  async readingsOf(sessionId: string): Promise<BodyOf<'listSessionMeterValues'>['items']> {
    return (await this.#api.pages('listSessionMeterValues', { params: { sessionId } })).flat();
  }

  /** Readings under a connector, or under a transaction id. */
  async meterValues(query: { connectorId: number } | { transactionId: string }) {
    return (await this.#api.ask('listChargerMeterValues', { ...this.#named, query })).items;
  }

  async violations(): Promise<BodyOf<'listChargerViolations'>['items']> {
    return (await this.#api.ask('listChargerViolations', this.#named)).items;
  }

  /** The boots of `boot()` are left out: every charger has them. */
  async evidence(): Promise<BodyOf<'listChargerEvidence'>['items']> {
    const { items } = await this.#api.ask('listChargerEvidence', this.#named);
    return items.filter(({ kind }) => kind !== 'boot');
  }

  /** Asks for a command, and resolves with what the API answers. */
  command(
    action: string,
    payload: object,
    query: Record<string, string | number> = {},
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: BodyOf<'sendCommand'> }> {
    const params = { chargerId: this.id, action };
    return this.#api.exchange('sendCommand', { params, query, body: payload, headers });
  }

  async commandRefusal(action: string, payload: object, query: Record<string, string | number> = {}) {
    return this.#api.refusal('sendCommand', { params: { chargerId: this.id, action }, query, body: payload });
  }

  async commandOf(commandId: string): Promise<BodyOf<'getCommand'>> {
    return this.#api.ask('getCommand', { params: { chargerId: this.id, commandId } });
  }

  /** Newest first. */
  async commands(): Promise<BodyOf<'listCommands'>['items']> {
    return (await this.#api.pages('listCommands', this.#named)).flat();
  }

  get #named() {
    return { params: { chargerId: this.id } };
  }
}
