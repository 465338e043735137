/** Chromium's switches that both shells start with: no network, no crash dumps, no guessing of what comes next. */

/** Names without the leading dashes, and their values. */
export const OFFLINE_SWITCHES: readonly (readonly [name: string, value?: string])[] = [
  // every name and every address resolves to nothing, before anything could be connected to
  ['host-resolver-rules', 'MAP * ~NOTFOUND'],
  ['disable-background-networking'],
  ['disable-component-update'],
  ['disable-domain-reliability'],
  ['disable-quic'],
  ['disable-sync'],
  ['no-pings'],
  ['webrtc-ip-handling-policy', 'disable_non_proxied_udp'],
  ['force-webrtc-ip-handling-policy', 'disable_non_proxied_udp'],
  ['metrics-recording-only'],
  // a dump of a crashed process would hold what it had in memory
  ['disable-breakpad'],
  ['disable-crash-reporter'],
];

/** Features of Chromium that look for something outside, or keep what was typed. */
export const OFF_FEATURES = [
  'AimEnabled',
  'AutofillServerCommunication',
  'CertificateTransparencyComponentUpdater',
  'DialMediaRouteProvider',
  'HttpsUpgrades',
  'InterestFeedContentSuggestions',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PreconnectToSearch',
  'Translate',
] as const;
