import * as z from 'zod';
import type { Changes } from './changes.ts';
import type { SimulatedClock } from './clock.ts';
import type { Configuration } from './configuration.ts';
import type { Link } from './link.ts';
import type { LocalList } from './local-list.ts';
import { Authorize, idTagInfo, type TagInfo } from './messages.ts';

export interface AuthorisationDeps {
  clock: SimulatedClock;
  changes: Changes;
  configuration: Configuration;
  link: Link;
  localList: LocalList;
  /** Aborted when the charger has given up, or is done. */
  over: AbortSignal;
  isOnline(): boolean;
  /** The central system says of a tag what the local list does not. */
  contradicted(): void;
}

/** A driver whom nobody answers presents the card so often. */
const presentedAtMost = 5;

const asked = z.object({ idTag: z.string() });
const answered = z.object({ idTagInfo });

/** Who may charge: by the central system's word, or by the local list and the authorisation cache (OCPP 1.6, 3.5). */
export class Authorisation {
  readonly #deps: AuthorisationDeps;
  readonly #cache = new Map<string, TagInfo>();

  constructor(deps: AuthorisationDeps) {
    this.#deps = deps;
  }

  /** Undefined when nobody answered. */
  async authorise(idTag: string, signal: AbortSignal): Promise<TagInfo | undefined> {
    const { changes, configuration, link, isOnline, over } = this.#deps;
    const known = this.known(idTag);
    if (known?.status === 'Accepted' && configuration.flag('LocalPreAuthorize')) return known;
    for (let unanswered = 0; unanswered < presentedAtMost; ) {
      const local = isOnline() ? undefined : this.#offline(idTag);
      if (local) return local;
      await changes.until(() => isOnline() || over.aborted, signal);
      if (signal.aborted || over.aborted) break;
      const answer = await link.ask(Authorize, { idTag });
      if (answer) {
        this.learn({ idTag }, answer);
        return answer.idTagInfo;
      }
      if (isOnline()) unanswered++;
    }
    return undefined;
  }

  /** What this charger itself knows of a tag; the list comes before the cache. */
  known(idTag: string): TagInfo | undefined {
    const { clock, configuration, localList } = this.#deps;
    const cached = configuration.flag('AuthorizationCacheEnabled') ? this.#cache.get(idTag.toUpperCase()) : undefined;
    const known = localList.find(idTag) ?? cached;
    const isExpired = known?.expiryDate !== undefined && Date.parse(known.expiryDate) <= clock.now();
    return known?.status === 'Accepted' && isExpired ? { ...known, status: 'Expired' } : known;
  }

  /** Keeps what an answer says of the tag in its request, if it says something. */
  learn(request: unknown, answer: unknown): void {
    const read = { request: asked.safeParse(request), answer: answered.safeParse(answer) };
    if (!read.request.success || !read.answer.success) return;
    const { idTag } = read.request.data;
    const { idTagInfo: told } = read.answer.data;
    // That somebody charges elsewhere says nothing of the tag.
    if (told.status === 'ConcurrentTx') return;
    if (this.#deps.configuration.flag('AuthorizationCacheEnabled')) this.#cache.set(idTag.toUpperCase(), told);
    const listed = this.#deps.localList.find(idTag);
    if (listed && listed.status !== told.status) this.#deps.contradicted();
  }

  /** False when there is no cache. */
  clearCache(): boolean {
    this.#cache.clear();
    return this.#deps.configuration.flag('AuthorizationCacheEnabled');
  }

  #offline(idTag: string): TagInfo | undefined {
    const { configuration } = this.#deps;
    if (!configuration.flag('LocalAuthorizeOffline')) return undefined;
    const known = this.known(idTag);
    if (known) return known;
    return configuration.flag('AllowOfflineTxForUnknownId') ? { status: 'Accepted' } : undefined;
  }
}
