/** Answers the window: arguments and results are validated, errors become sentences, and nothing that throws gets out raw. */
import { ATTACK_IDS } from '../core/bundle/attacks.ts';
import { SelError } from '../core/errors.ts';
import { explain } from '../words/errors.ts';
import { type Answer, type ArgsOf, CHANNELS, type Channel, CONTRACT, type ResultOf } from './contract.ts';
import { ACCEPT_WORD, type Session } from './session.ts';
import { attackView } from './views.ts';

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
}

type Handlers = { [C in Channel]: (args: ArgsOf<C>) => ResultOf<C> | Promise<ResultOf<C>> };

const handlersOf = (platform: Platform, s: Session): Handlers => ({
  'app.info': () => ({
    version: platform.version,
    shell: platform.shell,
    canChooseFolder: platform.canChooseFolder,
    acceptWord: ACCEPT_WORD,
    reopened: platform.reopened?.() ?? false,
  }),
  'project.view': () => s.view(),
  'project.sample': () => s.openSample(),
  'project.reset': () => s.reset(),
  'host-keys.add': ({ files }) => s.addFiles(files),
  'host-keys.remove': ({ phkh }) => s.removeHostKey(phkh),
  'host-keys.accept': ({ phkh, typed }) => s.acceptHostKey(phkh, typed),
  'host-keys.trust-root': ({ fingerprint }) => s.trustRoot(fingerprint),
  'host-keys.clear-pieces': () => s.clearPieces(),
  'image.locate': (f) => s.locateHeader(f.name, f.start, f.size),
  'image.set': (f) => s.setImage(f),
  'policy.set': (f) => s.setPolicy(f),
  'policy.template': ({ name }) => s.setTemplate(name),
  'secrets.generate': ({ name }) => s.generateSecret(name),
  'secrets.generate-all': () => s.generateAll(),
  'secrets.import': ({ name, bytes }) => s.setSecret(name, bytes),
  'secrets.type': ({ name, value }) => s.setSecret(name, value),
  'secrets.clear': ({ name }) => s.clearSecret(name),
  'secrets.reveal': ({ name }) => ({ value: s.revealSecret(name) }),
  'secrets.export': ({ path }) => s.exportSecrets(path),
  'bundle.generate': ({ name }) => s.generate(name),
  'bundle.progress': () => s.progress(),
  'bundle.cancel': () => s.cancel(),
  'bundle.save': ({ path }) => s.save(path),
  'dialog.folder': async () => ({ path: await platform.chooseFolder() }),
  'boot.run': ({ name }) => s.boot(name),
  'lab.list': () => ({ attacks: ATTACK_IDS.map(attackView) }),
  'lab.run': ({ host, attack }) => s.attack(host, attack),
  'report.simulated': () => s.judgeSimulated(),
  'report.load': (f) => s.judgeFile(f),
  'report.save': ({ path }) => s.saveReport(path),
  'verdict.save': ({ path }) => s.saveVerdict(path),
});

const failure = (code: string, what: string, todo: string | null): Answer<never> => ({ ok: false, code, what, todo });

/** The one entrance for a window's calls. */
export const createDispatch = (platform: Platform, session: Session) => {
  const handlers = handlersOf(platform, session) as Record<Channel, (args: unknown) => unknown>;
  return async (channel: string, args: unknown): Promise<Answer<unknown>> => {
    if (!CHANNELS.includes(channel as Channel))
      return failure('no-channel', 'The window asked for something that does not exist.', null);
    const c = channel as Channel;
    const parsed = CONTRACT[c].args.safeParse(args);
    // what was wrong is not repeated: an argument may be a secret
    if (!parsed.success) return failure('bad-arguments', 'The window asked in a way that is not allowed.', null);
    try {
      const result = CONTRACT[c].result.safeParse(await handlers[c](parsed.data));
      return result.success
        ? { ok: true, value: result.data }
        : failure('internal', 'Something went wrong inside the program.', 'Nothing was changed on the disk.');
    } catch (e) {
      if (e instanceof SelError) {
        const { what, todo } = explain(e.code, e.facts);
        return failure(e.code, what, todo ?? null);
      }
      return failure('internal', 'Something went wrong inside the program.', 'Nothing was changed on the disk.');
    }
  };
};

export type Dispatch = ReturnType<typeof createDispatch>;
