import type * as z from 'zod';
import { type ChargerView, isOnline } from '#shared/domain/charger.ts';
import type { Durations } from '#shared/domain/durations.ts';
import { lastHeardAt } from '#shared/domain/heard.ts';
import type { charger } from '#shared/http/charger.ts';
import type { Stores } from '#shared/store/stores.ts';
import { quirksInForce } from '../quirks.ts';

export async function chargerAnswer(
  { stores, durations, nowMs }: { stores: Stores; durations: Durations; nowMs: number },
  view: ChargerView,
): Promise<z.input<typeof charger>> {
  const { charger: it, connection, statuses } = view;
  const heardAt = await lastHeardAt(stores, view, nowMs, durations.heardSlotMs);
  const ids = new Set([...it.connectors.map(({ id }) => id), ...statuses.map((status) => status.connector.evse)]);
  return {
    id: it.id,
    organisationId: it.organisationId,
    registration: it.registration,
    acceptedAt: it.acceptedAt ?? null,
    strictness: it.strictness,
    securityProfile: it.securityProfile,
    credential: it.credential?.kind ?? 'none',
    nextCredential: it.nextCredential?.kind ?? null,
    heartbeatIntervalS: it.heartbeatIntervalS,
    toldIntervalS: it.toldIntervalS ?? null,
    assumeProtocol: it.assumeProtocol ?? null,
    quirks: it.quirks,
    quirksInForce: quirksInForce(it),
    online: isOnline(connection, heardAt, it.heartbeatIntervalS, nowMs, durations.offlineAfterMs),
    connectedAt: connection.connectionId === undefined ? null : (connection.connectedAt ?? null),
    lastHeardAt: heardAt ?? null,
    bootedAt: it.boot?.at ?? null,
    vendor: it.boot?.vendor ?? null,
    model: it.boot?.model ?? null,
    serialNumber: it.boot?.serialNumber ?? null,
    firmwareVersion: it.boot?.firmwareVersion ?? null,
    connectors: [...ids]
      .sort((a, b) => a - b)
      .map((id) => {
        const plan = it.connectors.find((connector) => connector.id === id);
        const status = statuses.find((report) => report.connector.evse === id);
        return {
          id,
          type: plan?.type ?? null,
          maxPowerW: plan?.maxPowerW ?? null,
          status: status?.status ?? null,
          errorCode: status?.errorCode ?? null,
          info: status?.info ?? null,
          vendorErrorCode: status?.vendorErrorCode ?? null,
          statusAt: status?.at ?? null,
        };
      }),
  };
}
