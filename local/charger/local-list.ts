import type { Configuration } from './configuration.ts';
import type { TagInfo } from './messages.ts';

export interface ListUpdate {
  listVersion: number;
  updateType: 'Full' | 'Differential';
  localAuthorizationList?: { idTag: string; idTagInfo?: TagInfo }[];
}

/** The local authorisation list (OCPP 1.6, 3.5.2); the case of a tag does not matter. */
export class LocalList {
  readonly #configuration: Configuration;
  #entries = new Map<string, TagInfo>();
  #version = 0;

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  /** 0: it is empty; -1: it is switched off (errata 3.52). */
  get version(): number {
    if (!this.#configuration.flag('LocalAuthListEnabled')) return -1;
    return this.#entries.size === 0 ? 0 : this.#version;
  }

  find(idTag: string): TagInfo | undefined {
    return this.#configuration.flag('LocalAuthListEnabled') ? this.#entries.get(idTag.toUpperCase()) : undefined;
  }

  /** SendLocalList: everything of it, or nothing. */
  update(request: ListUpdate): 'Accepted' | 'Failed' | 'NotSupported' | 'VersionMismatch' {
    const { listVersion, updateType, localAuthorizationList: sent = [] } = request;
    if (!this.#configuration.flag('LocalAuthListEnabled')) return 'NotSupported';
    if (updateType === 'Differential' && listVersion <= this.#version) return 'VersionMismatch';
    const names = new Set(sent.map(({ idTag }) => idTag.toUpperCase()));
    const isSound =
      listVersion > 0 && names.size === sent.length && sent.length <= this.#limit('SendLocalListMaxLength');
    if (!isSound || (updateType === 'Full' && sent.some(({ idTagInfo }) => !idTagInfo))) return 'Failed';

    const entries = new Map(updateType === 'Full' ? [] : this.#entries);
    for (const { idTag, idTagInfo } of sent) {
      if (idTagInfo) entries.set(idTag.toUpperCase(), idTagInfo);
      else entries.delete(idTag.toUpperCase());
    }
    if (entries.size > this.#limit('LocalAuthListMaxLength')) return 'Failed';
    this.#entries = entries;
    this.#version = listVersion;
    return 'Accepted';
  }

  #limit(key: 'SendLocalListMaxLength' | 'LocalAuthListMaxLength'): number {
    return this.#configuration.number(key);
  }
}
