/** The frame of the window: header, steps at the side, the open step, and the way back and on. */
import { Settings as SettingsIcon } from '@carbon/icons-react';
import { Button, InlineLoading, ProgressIndicator, ProgressStep } from '@carbon/react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { StepId } from '../electron/contract.ts';
import { said, t } from '../words/language.ts';
import { call } from './bridge.ts';
import { Messages } from './components/messages.tsx';
import { SettingsDialog } from './components/settings.tsx';
import { FleetRoom } from './rooms/fleet.tsx';
import { OfficerRoom } from './rooms/officer.tsx';
import { LockedRoom, ProjectRoom } from './rooms/project.tsx';
import { useShortcuts } from './shortcuts.ts';
import { BootStep } from './steps/boot.tsx';
import { HandOverStep } from './steps/hand-over.tsx';
import { HostKeysStep } from './steps/host-keys.tsx';
import { ImageStep } from './steps/image.tsx';
import { PolicyStep } from './steps/policy.tsx';
import { ReviewStep } from './steps/review.tsx';
import { SecretsStep } from './steps/secrets.tsx';
import { VerifyStep } from './steps/verify.tsx';
import { STEP_IDS, stepWords } from './steps.ts';
import { neighbours, type Room, useStore } from './store.ts';
import { usePlace } from './window-place.ts';

const SCREENS: Record<StepId, () => ReactNode> = {
  'host-keys': HostKeysStep,
  image: ImageStep,
  policy: PolicyStep,
  secrets: SecretsStep,
  review: ReviewStep,
  'hand-over': HandOverStep,
  boot: BootStep,
  verify: VerifyStep,
};

/** A file that is dropped beside every drop zone must not replace the window. */
const useQuietDrops = (): void => {
  useEffect(() => {
    const quiet = (e: DragEvent): void => e.preventDefault();
    window.addEventListener('dragover', quiet);
    window.addEventListener('drop', quiet);
    return () => {
      window.removeEventListener('dragover', quiet);
      window.removeEventListener('drop', quiet);
    };
  }, []);
};

/** What the list of steps tells those who do not see its marks, by Carbon's names. */
const PROGRESS: Readonly<Record<string, string>> = said({
  'carbon.progress-step.complete': 'Complete',
  'carbon.progress-step.current': 'Current',
  'carbon.progress-step.incomplete': 'Incomplete',
  'carbon.progress-step.invalid': 'Invalid',
});

const Steps = () => {
  const step = useStore((s) => s.step);
  const view = useStore((s) => s.view);
  const go = useStore((s) => s.go);
  return (
    <nav className="steps" aria-label={t('Steps')}>
      <ProgressIndicator vertical currentIndex={STEP_IDS.indexOf(step)} onChange={(i) => go(STEP_IDS[i] as StepId)}>
        {STEP_IDS.map(stepWords).map((s) => {
          const done = view?.done.includes(s.id) ?? false;
          return (
            <ProgressStep
              key={s.id}
              label={s.name}
              translateWithId={(id) => t(PROGRESS[id] ?? '')}
              complete={done && s.id !== step}
              current={s.id === step}
              description={`${s.name}: ${s.id === step ? t('open') : done ? t('done') : t('something is missing')}`}
            />
          );
        })}
      </ProgressIndicator>
    </nav>
  );
};

/** Back, next, and what is still missing here, in words. */
const Way = () => {
  const step = useStore((s) => s.step);
  // before the first answer nothing is known to be there
  const ready = useStore((s) => s.view !== undefined);
  const lacks = useStore((s) => s.view?.lacks[s.step]) ?? [];
  const busy = useStore((s) => s.busy);
  const go = useStore((s) => s.go);
  const { before, after } = neighbours(step);
  const next = after && stepWords(after);
  return (
    <footer className="way">
      <div className="way__missing" aria-live="polite">
        {busy || !ready ? (
          <InlineLoading description={busy ?? t('Opening')} iconDescription={t('loading')} />
        ) : lacks.length > 0 ? (
          <>
            <strong>{t('Still missing:')} </strong>
            {lacks.slice(0, 2).join(' ')}
            {lacks.length > 2 && ` ${t('And {n} more.', { n: lacks.length - 2 })}`}
          </>
        ) : (
          <span>{next ? t('Nothing is missing here. Next: {step}.', { step: next.name }) : t('Nothing is missing.')}</span>
        )}
      </div>
      <div className="way__buttons">
        <Button kind="secondary" disabled={before === undefined} onClick={() => before && go(before)}>
          {t('Back')}
        </Button>
        {after && (
          <Button disabled={!ready || lacks.length > 0 || busy !== undefined} onClick={() => go(after)}>
            {t('Next')}
          </Button>
        )}
      </div>
    </footer>
  );
};

const ROOMS: Record<Room, readonly [name: string, purpose: string]> = said({
  wizard: ['Guest', ''],
  project: ['Project', 'Keep everything in one encrypted file, and see what was done.'],
  fleet: ['Fleet', 'Make the bundles of many guests, from one policy, one image and a table.'],
  officer: ['Security officer', 'Review a policy or a bundle without any secret, and approve or reject it.'],
});
const ROOM_IDS = Object.keys(ROOMS) as readonly Room[];

const Rooms = () => {
  const room = useStore((s) => s.room);
  const enter = useStore((s) => s.enter);
  return (
    <nav className="rooms" aria-label={t('Rooms')}>
      {ROOM_IDS.map((id) => (
        <button key={id} type="button" aria-current={id === room ? 'page' : undefined} onClick={() => enter(id)}>
          {t(ROOMS[id][0])}
        </button>
      ))}
    </nav>
  );
};

/** Milliseconds between two questions whether the project was locked meanwhile. */
const PULSE = 5000;

/** A project that is left alone is locked on the main side: the window notices. */
const usePulse = (): void => {
  const locked = useStore((s) => s.view?.file.locked);
  const start = useStore((s) => s.start);
  useEffect(() => {
    const timer = setInterval(() => {
      call('project.pulse', {}).then(
        (answer) => {
          if (answer.locked && locked === false) void start();
        },
        () => undefined,
      );
    }, PULSE);
    return () => clearInterval(timer);
  }, [locked, start]);
};

export const App = () => {
  const step = useStore((s) => s.step);
  const room = useStore((s) => s.room);
  const view = useStore((s) => s.view);
  const start = useStore((s) => s.start);
  const version = useStore((s) => s.version);
  const heading = useRef<HTMLHeadingElement>(null);
  const locked = view?.file.locked ?? false;
  const language = useStore((s) => s.settings?.spoken);
  const [settings, setSettings] = useState(false);
  useQuietDrops();
  usePulse();
  usePlace();
  useShortcuts(() => setSettings(true));
  const usable = view !== undefined;
  // for the benchmark of the start: there is something to click on from now on
  useEffect(() => {
    if (usable) performance.mark('usable');
  }, [usable]);
  useEffect(() => {
    void start();
  }, [start]);
  // whoever uses a keyboard or a screen reader starts at the top of the new page
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what changes the heading
  useEffect(() => {
    // the language is changed in the settings: that is where its user is
    if (settings) return;
    heading.current?.focus();
    heading.current?.closest('main')?.scrollTo(0, 0);
  }, [step, room, locked, language]);
  const wizard = room === 'wizard' && !locked;
  // nothing is said before it is known in which language
  const mute = useStore((s) => s.settings === undefined && s.problem === undefined);
  if (mute) return null;
  const { name, purpose } = wizard ? stepWords(step) : { name: t(ROOMS[room][0]), purpose: t(ROOMS[room][1]) };
  const shut = locked && room !== 'officer';
  const Screen = SCREENS[step];
  return (
    // in another language everything is said anew
    <div key={language} className={wizard ? 'frame' : 'frame frame--wide'}>
      <header className="head">
        <span className="head__name">Selwright</span>
        <Rooms />
        {view?.sample && <span className="head__sample">{t('Sample tenant: nothing here is real')}</span>}
        {view?.file.problem && <span className="head__sample">{t('Not saved')}</span>}
        <span className="head__offline">
          {t('Works offline: no connection is ever made')}
          {version && ` · ${version}`}
        </span>
        <button type="button" className="head__settings" onClick={() => setSettings(true)}>
          <SettingsIcon />
          {t('Settings')}
        </button>
      </header>
      {wizard && <Steps />}
      <main className="content">
        <div className="content__inner">
          <h1 ref={heading} tabIndex={-1}>
            {shut ? t('The project is locked') : name}
          </h1>
          <p className="purpose">{shut ? t('Enter its passphrase to go on.') : purpose}</p>
          <Messages />
          {view && room === 'officer' ? <OfficerRoom /> : null}
          {view && room !== 'officer' && locked ? <LockedRoom /> : null}
          {view && room === 'fleet' ? <FleetRoom locked={locked} /> : null}
          {view && room === 'project' && !locked ? <ProjectRoom /> : null}
          {view && wizard ? <Screen /> : null}
          {settings && <SettingsDialog onClose={() => setSettings(false)} />}
        </div>
      </main>
      {wizard && <Way />}
    </div>
  );
};
