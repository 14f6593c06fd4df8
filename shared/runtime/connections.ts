import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import type { Connections } from '#shared/domain/connections.ts';
import { type App, deployedApp, lazily } from './app.ts';

/** The connection management API. Its address comes from the SDK's own endpoint variable, which the template sets. */
function gatewayConnections(client = new ApiGatewayManagementApiClient({})): Connections {
  const unlessGone = async (request: Promise<unknown>) => {
    try {
      await request;
      return 'sent';
    } catch (error) {
      if (error instanceof GoneException) return 'gone';
      throw error;
    }
  };

  return {
    send: (connectionId, text) =>
      unlessGone(client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: Buffer.from(text) }))),

    async cut(connectionId) {
      await unlessGone(client.send(new DeleteConnectionCommand({ ConnectionId: connectionId })));
    },
  };
}

/** For the functions that speak to chargers on their own account. */
export interface ConnectedApp extends App {
  connections: Connections;
}

/** For commands: what may have been delivered is not tried again. */
export const deployedCommandConnections: () => Connections = lazily(() =>
  gatewayConnections(new ApiGatewayManagementApiClient({ maxAttempts: 1 })),
);

export const deployedConnectedApp: () => ConnectedApp = lazily(() => ({
  ...deployedApp(),
  connections: gatewayConnections(),
}));
