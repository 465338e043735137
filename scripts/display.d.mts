/** Starts a virtual display; `display` is as in DISPLAY. */
export const startXvfb: (options?: { size?: string }) => Promise<{ readonly display: string; stop(): void }>;
