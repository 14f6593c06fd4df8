/** The way back to chargers. */
export interface Connections {
  /** 'gone': there is no such connection any more. */
  send(connectionId: string, text: string): Promise<'sent' | 'gone'>;
  /** Cutting what is already gone is no error. */
  cut(connectionId: string): Promise<void>;
}
