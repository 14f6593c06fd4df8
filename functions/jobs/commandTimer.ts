import middy from '@middy/core';
import * as z from 'zod';
import { operations } from '#functions/ocpp/v16/operations.ts';
import { lazily } from '#shared/runtime/app.ts';
import { type CampaignApp, lookAfterCampaign } from '#shared/runtime/campaigns.ts';
import { deployedCommandApp } from '#shared/runtime/command-app.ts';
import { onTimer } from '#shared/runtime/commands.ts';
import { afterFirstBoot } from '#shared/runtime/configurations.ts';
import { edge, tell } from '#shared/runtime/edge.ts';
import { withFiles } from '#shared/runtime/file-app.ts';
import { onListTimer } from '#shared/runtime/local-list-sync.ts';

const queueEvent = z.object({ Records: z.array(z.object({ messageId: z.string(), body: z.string() })) });

const timerCall = z.object({
  chargerId: z.string(),
  commandId: z.string().optional(),
  looks: z.int().optional(),
  task: z.enum(['firstBoot', 'localList', 'localListConflict']).optional(),
});

const campaignCall = z.object({ campaignId: z.string(), looks: z.int() });

const dueCall = z.union([timerCall, campaignCall]);

const tasks = { firstBoot: afterFirstBoot, localList: onListTimer, localListConflict: onListTimer };

/** Sees to the commands whose time has come: to be sent, to expire, to be given up, or to be looked after; and to campaigns. What fails comes again. */
export async function commandTimer(app: CampaignApp, event: object) {
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const { messageId, body } of queueEvent.parse(event).Records) {
    try {
      const call = dueCall.parse(JSON.parse(body));
      if ('campaignId' in call) await lookAfterCampaign(app, operations, call);
      else await (call.task === undefined ? onTimer : tasks[call.task])(app, operations, call);
    } catch (error) {
      app.log.error('a timer could not be followed', { body, error });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  tell(event, { action: 'commandTimer', about: {} });
  return { batchItemFailures };
}

const deployed = lazily((): CampaignApp => withFiles(deployedCommandApp()));

export const handler = middy((event: object) => commandTimer(deployed(), event)).use(edge(deployed, 'commandTimer'));
