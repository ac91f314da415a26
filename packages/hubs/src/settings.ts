import { z } from 'zod';

/**
 * How a service reaches Event Hubs: a connection string (the embedded server's, Microsoft's emulator's or the cloud's), or a
 * namespace and the machine's own identity through `DefaultAzureCredential`. A field of a flat `z.object` of settings.
 */
export const hubsSettings = {
  eventHubsConnectionString: z
    .string()
    .regex(/(^|;)\s*Endpoint=/i, 'expected Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…')
    .optional()
    .meta({
      description: 'Connection string of the Event Hubs namespace; `UseDevelopmentEmulator=true` in it selects plain AMQP',
    }),
  eventHubsNamespace: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i, 'expected a host name such as contoso.servicebus.windows.net')
    .optional()
    .meta({
      description: 'Fully qualified namespace, reached with DefaultAzureCredential; used when there is no connection string',
    }),
};

/** @see hubsSettings */
export interface HubsSettings {
  readonly eventHubsConnectionString?: string | undefined;
  readonly eventHubsNamespace?: string | undefined;
}

/** For `superRefine` of a settings object: one of the two ways must be set. */
export const hubsAreReachable = (settings: HubsSettings, context: z.RefinementCtx): void => {
  if (settings.eventHubsConnectionString === undefined && settings.eventHubsNamespace === undefined)
    context.addIssue({
      code: 'custom',
      path: ['eventHubsConnectionString'],
      message: 'expected a connection string, or EVENT_HUBS_NAMESPACE with the identity of the machine',
    });
};
