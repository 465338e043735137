/** Answers the window: arguments and results are validated, errors become sentences, and nothing that throws gets out raw. */
import { ATTACK_IDS } from '../core/bundle/attacks.ts';
import { SelError } from '../core/errors.ts';
import { explain } from '../words/errors.ts';
import { t } from '../words/language.ts';
import { type Answer, type ArgsOf, CHANNELS, type Channel, CONTRACT, type ResultOf } from './contract.ts';
import { IDLE_LOCK } from './keeper.ts';
import { Officer } from './officer.ts';
import type { Preferences } from './preferences.ts';
import { ACCEPT_WORD } from './project/hostkeys.ts';
import { locateHeader } from './project/image.ts';
import { wipeSecretArgs } from './secretargs.ts';
import type { Session } from './session.ts';
import { attackView } from './views/boot.ts';

/** What differs between the shells. */
export interface Platform {
  readonly shell: 'electron' | 'chromium';
  readonly version: string;
  /** whether there is a dialog for folders */
  readonly canChooseFolder: boolean;
  /** asks the user for a folder; null when none was chosen */
  chooseFolder(): Promise<string | null>;
  /** whether the window died before and was opened again */
  reopened?(): boolean;
  /** a project file that the program was started with */
  readonly opens?: string | undefined;
  /** how the window looks and speaks */
  readonly preferences: Preferences;
}

type Handlers = { [C in Channel]: (args: ArgsOf<C>) => ResultOf<C> | Promise<ResultOf<C>> };

const handlersOf = (platform: Platform, s: Session, officer: Officer): Handlers => ({
  'app.info': () => ({
    version: platform.version,
    shell: platform.shell,
    canChooseFolder: platform.canChooseFolder,
    acceptWord: ACCEPT_WORD,
    reopened: platform.reopened?.() ?? false,
    opens: platform.opens ?? null,
  }),
  'settings.view': () => platform.preferences.view(),
  'settings.change': (some) => platform.preferences.change(some),
  'window.moved': (bounds) => {
    platform.preferences.moved(bounds);
    return {};
  },
  'project.view': () => s.view(),
  'project.sample': () => s.openSample(),
  'project.reset': () => s.reset(),
  'project.undo': () => s.undo(),
  'project.create': ({ path, name, passphrase }) => s.create(path, name, passphrase),
  'project.open': ({ path, passphrase, backup }) => s.measured(() => s.open(path, passphrase, backup)),
  'project.lock': () => s.lock(),
  'project.unlock': ({ passphrase }) => s.measured(() => s.unlock(passphrase)),
  'project.passphrase': ({ passphrase }) => s.changePassphrase(passphrase),
  'project.audit': ({ path }) => s.exportAudit(path),
  'project.pulse': () => ({ locked: s.isLocked }),
  'host-keys.add': ({ files }) => s.hostKeys.add(files),
  'host-keys.remove': ({ phkh }) => s.hostKeys.remove(phkh),
  'host-keys.accept': ({ phkh, typed }) => s.hostKeys.accept(phkh, typed),
  'host-keys.trust-root': ({ fingerprint }) => s.hostKeys.trustRoot(fingerprint),
  'host-keys.clear-pieces': () => s.hostKeys.clearPieces(),
  'image.locate': (f) => locateHeader(f.name, f.start, f.size),
  'image.set': (f) => s.image.set(f),
  'image.cck': (f) => s.builderKey.set(f),
  'image.cck-forget': () => s.builderKey.forget(),
  'policy.set': (f) => s.measured(() => s.policy.set(f)),
  'policy.text': ({ text }) => s.measured(() => s.policy.setText(text)),
  'policy.edit': ({ path, value }) => s.measured(() => s.policy.edit(path, value)),
  'policy.save': ({ path }) => s.policy.save(path),
  'policy.compare': (f) => s.policy.compare(f),
  'policy.template': ({ name }) => s.measured(() => s.policy.setTemplate(name)),
  'secrets.generate': ({ name, ...choice }) => s.values.generate(name, choice),
  'secrets.login': async ({ name }) => ({ clear: await s.values.generateLogin(name) }),
  'secrets.strength': ({ name, value }) => s.values.strength(name, value),
  'secrets.generate-all': () => s.values.generateAll(),
  'secrets.import': ({ name, bytes }) => s.values.set(name, bytes, 'imported'),
  'secrets.type': ({ name, value }) => s.values.set(name, value, 'typed'),
  'secrets.remedy': ({ name, remedy, passphrase }) => s.values.applyRemedy(name, remedy, passphrase),
  'secrets.certify': ({ name, ...order }) => s.certificates.sign(name, order),
  'secrets.request': ({ name, ...subject }) => s.certificates.request(name, subject),
  'secrets.request-save': ({ name, path }) => s.certificates.saveRequest(name, path),
  'secrets.clear': ({ name }) => s.values.clear(name),
  'secrets.forget': () => s.values.forget(),
  'publics.import': ({ name, bytes }) => s.publics.set(name, bytes),
  'secrets.reveal': ({ name }) => ({ value: s.values.reveal(name) }),
  'secrets.export': ({ path }) => s.values.export(path),
  'bundle.generate': ({ name }) => s.bundle.generate(name),
  'bundle.progress': () => s.bundle.progress(),
  'bundle.cancel': () => s.bundle.cancel(),
  'bundle.sheet': ({ path }) => s.handOver.saveSheet(path),
  'bundle.pack': ({ path, packing }) => s.handOver.pack(path, packing),
  'bundle.save': ({ path }) => s.handOver.save(path),
  'bundle.pvics': ({ path }) => s.handOver.savePvics(path),
  'dialog.folder': async () => ({ path: await platform.chooseFolder() }),
  'boot.run': ({ name }) => s.rehearsal.boot(name),
  'lab.list': () => ({ attacks: ATTACK_IDS.map(attackView) }),
  'lab.run': ({ host, attack }) => s.rehearsal.attack(host, attack),
  'report.simulated': () => s.verdict.judgeSimulated(),
  'approvals.add': (f) => s.approvals.add(f),
  'approvers.trust': ({ line }) => s.approvals.trust(line),
  'approvers.remove': ({ fingerprint }) => s.approvals.remove(fingerprint),
  'officer.policy': (f) => officer.policy(f),
  'officer.bundle': ({ path }) => officer.bundle(path),
  'officer.project': ({ path, passphrase }) => officer.project(path, passphrase),
  'officer.key': ({ path, name, passphrase }) => officer.makeKey(path, name, passphrase),
  'officer.sign': ({ key, passphrase, decision, comment, path }) => officer.sign(key, passphrase, decision, comment, path),
  'fleet.view': () => s.fleet.view(),
  'fleet.table': (f) => s.fleet.setTable(f),
  'fleet.plan': (places) => s.fleet.plan(places),
  'fleet.start': (places) => s.fleet.start(places),
  'fleet.cancel': () => s.fleet.cancel(),
  'report.load': (f) => s.verdict.judgeFile(f),
  'report.save': ({ path }) => s.rehearsal.saveReport(path),
  'verdict.save': ({ path }) => s.verdict.save(path),
});

const failure = (code: string, what: string, todo: string | null): Answer<never> => ({ ok: false, code, what, todo });

/** What may be asked while the project is locked. */
const WHILE_LOCKED: readonly Channel[] = [
  'app.info',
  'settings.view',
  'settings.change',
  'window.moved',
  'project.view',
  'project.pulse',
  'project.unlock',
  'project.open',
  'project.reset',
  'project.sample',
  'dialog.folder',
  'officer.policy',
  'officer.bundle',
  'officer.project',
  'officer.key',
  'officer.sign',
  // a fleet goes on while the project is locked
  'fleet.view',
  'fleet.cancel',
];
/** What the window asks by itself: it does not show that somebody is there. */
const BY_ITSELF: readonly Channel[] = ['project.pulse', 'bundle.progress', 'window.moved', 'fleet.view'];

/** Locks an open project after a time without a call. */
const idleLock = (session: Session, idle: number): (() => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const restart = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      try {
        if (session.isIdle) session.lock();
      } catch (e) {
        // no file, or changes that could not be saved: there is nothing to lock, or more to lose than to gain
        if (!(e instanceof SelError)) throw e;
      }
      restart();
    }, idle);
    timer.unref();
  };
  return restart;
};

/** The one entrance for a window's calls. @param idle milliseconds without a call after which an open project is locked */
export const createDispatch = (platform: Platform, session: Session, idle = IDLE_LOCK) => {
  const handlers = handlersOf(platform, session, new Officer(session.env)) as Record<Channel, (args: unknown) => unknown>;
  const active = idleLock(session, idle);
  active();
  const answer = async (c: Channel, args: unknown): Promise<Answer<unknown>> => {
    if (session.isLocked && !WHILE_LOCKED.includes(c))
      return failure('locked', t('The project is locked.'), t('Enter its passphrase to go on.'));
    const parsed = CONTRACT[c].args.safeParse(args);
    // what was wrong is not repeated: an argument may be a secret
    if (!parsed.success) return failure('bad-arguments', t('The window asked in a way that is not allowed.'), null);
    try {
      const result = CONTRACT[c].result.safeParse(await handlers[c](parsed.data));
      return result.success
        ? { ok: true, value: result.data }
        : failure('internal', t('Something went wrong inside the program.'), t('Nothing was changed on the disk.'));
    } catch (e) {
      if (e instanceof SelError) {
        const { what, todo } = explain(e.code, e.facts);
        return failure(e.code, what, todo ?? null);
      }
      return failure('internal', t('Something went wrong inside the program.'), t('Nothing was changed on the disk.'));
    }
  };
  return async (channel: string, args: unknown): Promise<Answer<unknown>> => {
    if (!CHANNELS.includes(channel as Channel))
      return failure('no-channel', t('The window asked for something that does not exist.'), null);
    const c = channel as Channel;
    if (!BY_ITSELF.includes(c)) active();
    try {
      return await answer(c, args);
    } finally {
      wipeSecretArgs(c, args);
    }
  };
};

export type Dispatch = ReturnType<typeof createDispatch>;
