import type { Command } from '#shared/domain/command.ts';
import type { Evidence } from '#shared/domain/evidence.ts';
import type { Instant } from '#shared/domain/time.ts';
import type { Stores } from '#shared/store/stores.ts';

/** What tells how a command goes on after its answer. */
const reports: Readonly<Record<string, Evidence['kind']>> = {
  UpdateFirmware: 'firmwareStatus',
  GetDiagnostics: 'diagnosticsStatus',
};

export const hasTimeline = ({ action }: Command): boolean => Object.hasOwn(reports, action);

export interface Step {
  at: Instant;
  status: string;
}

const PAGE = 100;
/** So many pages are looked through; what lies further back is left out. */
const PAGES = 20;

/**
 * Each status that was reported since the command was sent, oldest first, until the next command of its kind was: chargers do not say which one
 * they report on.
 */
export async function timelineOf(stores: Stores, command: Command): Promise<Step[]> {
  const { chargerId, action, sentAt } = command;
  const kind = reports[action];
  if (kind === undefined || sentAt === undefined) return [];
  const untilAt = await nextSentAt(stores, command);
  const steps: Step[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const { items, next } = await stores.evidence.listEvidence(chargerId, PAGE, after);
    for (const report of items) {
      if (report.kind !== kind || report.at < sentAt || (untilAt !== undefined && report.at >= untilAt)) continue;
      steps.push({ at: report.at, status: report.note ?? '' });
    }
    const oldest = items.at(-1);
    if (next === undefined || oldest === undefined || oldest.at < sentAt) break;
    after = next;
  }
  return steps.reverse();
}

/** When the next command of its kind was sent. */
export async function nextSentAt(
  stores: Stores,
  { chargerId, commandId, action }: Command,
): Promise<Instant | undefined> {
  let earliest: Instant | undefined;
  let after: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const { items, next } = await stores.commands.listCommands(chargerId, PAGE, after);
    for (const other of items) {
      if (other.commandId <= commandId) return earliest;
      if (other.action === action && other.sentAt !== undefined) earliest = other.sentAt;
    }
    if (next === undefined) break;
    after = next;
  }
  return earliest;
}
