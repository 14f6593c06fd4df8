import * as z from 'zod';
import type { Charger } from './charger.ts';
import type { Latencies } from './latencies.ts';

/** What chargers say, as plain payloads of OCPP 1.6. */

const booted = z.object({ status: z.string() });
const started = z.object({ transactionId: z.int(), idTagInfo: z.object({ status: z.string() }) });

const metersPerSession = 10;

/** Authorize, StartTransaction, ten MeterValues of four values each, StopTransaction. */
export const messagesPerSession = metersPerSession + 3;

export async function boot(charger: Charger): Promise<void> {
  const { status } = booted.parse(
    await charger.call('BootNotification', {
      chargePointVendor: 'Bench',
      chargePointModel: 'Closed loop',
      chargePointSerialNumber: 'B-0001',
      firmwareVersion: '1.0.0',
    }),
  );
  if (status !== 'Accepted') throw new Error(`BootNotification was answered ${status}`);
}

/** One session; `round` tells it from the others of the same charger, whose clock it moves on. */
export async function session(
  charger: Charger,
  { idTag, round, latencies }: { idTag: string; round: number; latencies: Latencies },
): Promise<void> {
  const say = (action: string, payload: object) => latencies.time(action, () => charger.call(action, payload));
  const beganMs = Date.now() - 3_600_000 + round * 1000;
  const at = (second: number) => new Date(beganMs + second).toISOString();
  const meterStart = round * 10_000;

  await say('Authorize', { idTag });
  const { transactionId, idTagInfo } = started.parse(
    await say('StartTransaction', { connectorId: 1, idTag, meterStart, timestamp: at(0) }),
  );
  if (idTagInfo.status !== 'Accepted') throw new Error(`StartTransaction was answered ${idTagInfo.status}`);
  for (let index = 0; index < metersPerSession; index++) {
    const sampledValue = fourValues(meterStart + index * 500);
    await say('MeterValues', {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: at(10 + index), sampledValue }],
    });
  }
  await say('StopTransaction', { transactionId, idTag, meterStop: meterStart + 5000, timestamp: at(100) });
}

/** Four values, of which the first is the register. */
export function fourValues(registerWh: number): object[] {
  return [
    { value: String(registerWh), measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
    { value: '7200.5', measurand: 'Power.Active.Import', unit: 'W' },
    { value: '230.1', measurand: 'Voltage', phase: 'L1-N', unit: 'V' },
    { value: '31.3', measurand: 'Current.Import', phase: 'L1', unit: 'A' },
  ];
}
