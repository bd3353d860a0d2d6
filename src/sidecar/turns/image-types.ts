/** What OpenClaw takes as an image in every supported release; apart from the schemas, since a tool names them too. */
export const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const;
