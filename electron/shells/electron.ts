/**
 * The Electron shell: one window, sandboxed, without network, without navigation, without permissions. The project lives on this
 * side: a window that dies is opened again with it.
 */
import { join, resolve } from 'node:path';
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeTheme,
  protocol,
  type Session as Store,
  screen,
  session,
} from 'electron';
import { nodeEnv } from '../../edge/env.ts';
import type { Bounds } from '../../edge/settings.ts';
import { VERSION } from '../../edge/version.ts';
import { t } from '../../words/language.ts';
import { ELECTRON_HOST, ELECTRON_SCHEME, loadAsset } from '../assets.ts';
import { createDispatch } from '../handlers.ts';
import { Preferences } from '../preferences.ts';
import { Session } from '../session.ts';
import { OFF_FEATURES, OFFLINE_SWITCHES } from './offline.ts';
import { patience } from './patience.ts';
import { isAllowed, isOurs, mayCall, mayLoad, REFUSED_SWITCHES, webPreferencesFor } from './rules.ts';

const ROOT = join(import.meta.dirname, '..', 'renderer');
const START = `${ELECTRON_SCHEME}://${ELECTRON_HOST}/index.html`;
const PRELOAD = join(import.meta.dirname, 'preload.cjs');
const FAULT = 70;

let window: BrowserWindow | undefined;
/** known when the program is ready: the system's locale is not before */
let preferences: Preferences | undefined;
let deaths = 0;
const mayReopen = patience();
const project = new Session({ env: nodeEnv });

/** Wipes the values and ends. What went wrong is not shown: a message from the depths could repeat what it was about. */
const endWithFault = (): void => {
  project.reset();
  dialog.showErrorBox(t('Selwright has to close'), t('Something went wrong inside the program. What was saved is complete.'));
  app.exit(FAULT);
};

/** Asks what to do with a window that died; a fault that comes back at once ends the program. */
const onDeath = async (dead: BrowserWindow): Promise<void> => {
  deaths++;
  if (!mayReopen(Date.now())) return endWithFault();
  const { response } = await dialog.showMessageBox({
    type: 'error',
    title: 'Selwright',
    message: t('The window stopped. Your project is still here.'),
    buttons: [t('Open the window again'), t('Quit')],
    defaultId: 0,
    cancelId: 1,
  });
  if (response !== 0) return app.quit();
  window = openWindow();
  if (!dead.isDestroyed()) dead.destroy();
};

const isDark = (): boolean =>
  preferences === undefined || preferences.theme === 'system' ? nativeTheme.shouldUseDarkColors : preferences.theme === 'dark';

/** Where the user left the window, when there still is a screen there. */
const placeOf = (): Partial<Bounds> => {
  const b = preferences?.bounds;
  if (b === undefined) return { width: 1440, height: 900 };
  const { x, y, width, height } = screen.getDisplayMatching(b).workArea;
  const visible = b.x < x + width && b.x + b.width > x && b.y < y + height && b.y + b.height > y;
  return visible ? b : { width: b.width, height: b.height };
};

const openWindow = (): BrowserWindow => {
  const opened = new BrowserWindow({
    ...placeOf(),
    minWidth: 900,
    minHeight: 640,
    show: false,
    title: 'Selwright',
    backgroundColor: isDark() ? '#161616' : '#ffffff',
    webPreferences: webPreferencesFor(PRELOAD, app.isPackaged),
  });
  opened.once('ready-to-show', () => opened.show());
  opened.webContents.on('render-process-gone', (_, details) => {
    if (details.reason !== 'clean-exit') void onDeath(opened);
  });
  opened.loadURL(START);
  return opened;
};

/** No way out of the page, for whatever is ever opened. */
const fence = (): void => {
  app.on('web-contents-created', (_, contents) => {
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-frame-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
  });
};

/** No network, no permission, no device, no download; our files and nothing else. */
const closeStore = (own: Store): void => {
  own.setPermissionRequestHandler((contents, permission, answer) => answer(isAllowed(permission, contents.getURL())));
  own.setPermissionCheckHandler((_contents, permission, origin) => isAllowed(permission, origin));
  own.setDevicePermissionHandler(() => false);
  own.setDisplayMediaRequestHandler((_request, answer) => answer({}));
  own.setSpellCheckerEnabled(false);
  own.webRequest.onBeforeRequest((details, answer) => answer({ cancel: !mayLoad(details.url) }));
  own.on('will-download', (event) => event.preventDefault());
  own.protocol.handle(ELECTRON_SCHEME, (request) => {
    if (!isOurs(request.url)) return new Response(null, { status: 404 });
    const asset = loadAsset(ROOT, request.url);
    return new Response(new Uint8Array(asset.body), { status: asset.status, headers: asset.headers });
  });
};

const chooseFolder = async (): Promise<string | null> => {
  const options = { properties: ['openDirectory' as const, 'createDirectory' as const] };
  const answer = window ? await dialog.showOpenDialog(window, options) : await dialog.showOpenDialog(options);
  return answer.filePaths[0] ?? null;
};

const isProject = (path: string): boolean => path.endsWith('.selwright') && !path.startsWith('-');
/** The project file that the program was started with: an argument, or on macOS what the desktop says before the program is ready. */
let opens = process.argv.slice(1).find(isProject);

const showWindow = (): void => {
  if (window?.isMinimized()) window.restore();
  window?.focus();
};

/** The way from the window to here. */
const listen = (own: Preferences): void => {
  const dispatch = createDispatch(
    {
      opens: opens === undefined ? undefined : resolve(opens),
      shell: 'electron',
      version: VERSION,
      canChooseFolder: true,
      chooseFolder,
      reopened: () => deaths > 0,
      preferences: own,
    },
    project,
  );
  ipcMain.handle('selwright', (event, channel: unknown, args: unknown) => {
    if (!mayCall(event.senderFrame)) throw new Error('not from our window');
    return dispatch(String(channel), args);
  });
};

const start = (): void => {
  process.on('uncaughtException', endWithFault);
  process.on('unhandledRejection', endWithFault);
  protocol.registerSchemesAsPrivileged([{ scheme: ELECTRON_SCHEME, privileges: { standard: true, secure: true } }]);
  for (const name of REFUSED_SWITCHES) app.commandLine.removeSwitch(name);
  for (const [name, value] of OFFLINE_SWITCHES) app.commandLine.appendSwitch(name, value);
  app.commandLine.appendSwitch('disable-features', OFF_FEATURES.join(','));
  app.enableSandbox();
  fence();
  app.on('open-file', (event, path) => {
    event.preventDefault();
    if (isProject(path)) opens ??= path;
    showWindow();
  });
  app.whenReady().then(() => {
    Menu.setApplicationMenu(null);
    closeStore(session.fromPartition('selwright'));
    // nothing of ours lives in the default store: it gets the same rules all the same
    closeStore(session.defaultSession);
    preferences = new Preferences(app.getLocale());
    listen(preferences);
    window = openWindow();
    app.on('activate', () => {
      if (BrowserWindow.getAllWindows().length === 0) window = openWindow();
    });
    app.on('second-instance', showWindow);
  });
  app.on('window-all-closed', () => app.quit());
  app.on('will-quit', () => project.reset());
};

// a second one shows the first one's window (second-instance, above) and ends
if (app.requestSingleInstanceLock()) start();
else app.quit();
