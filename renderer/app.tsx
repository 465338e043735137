/** The frame of the window: header, steps at the side, the open step, and the way back and on. */
import { Button, InlineLoading, InlineNotification, ProgressIndicator, ProgressStep } from '@carbon/react';
import { type ReactNode, useEffect, useRef } from 'react';
import type { StepId } from '../electron/contract.ts';
import { call } from './bridge.ts';
import { OfficerRoom } from './rooms/officer.tsx';
import { LockedRoom, ProjectRoom } from './rooms/project.tsx';
import { BootStep } from './steps/boot.tsx';
import { HandOverStep } from './steps/hand-over.tsx';
import { HostKeysStep } from './steps/host-keys.tsx';
import { ImageStep } from './steps/image.tsx';
import { PolicyStep } from './steps/policy.tsx';
import { ReviewStep } from './steps/review.tsx';
import { SecretsStep } from './steps/secrets.tsx';
import { VerifyStep } from './steps/verify.tsx';
import { STEPS } from './steps.ts';
import { neighbours, type Room, useStore } from './store.ts';

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

const Steps = () => {
  const step = useStore((s) => s.step);
  const view = useStore((s) => s.view);
  const go = useStore((s) => s.go);
  return (
    <nav className="steps" aria-label="Steps">
      <ProgressIndicator
        vertical
        currentIndex={STEPS.findIndex((s) => s.id === step)}
        onChange={(i) => go((STEPS[i] as (typeof STEPS)[number]).id)}
      >
        {STEPS.map((s) => {
          const done = view?.done.includes(s.id) ?? false;
          return (
            <ProgressStep
              key={s.id}
              label={s.name}
              complete={done && s.id !== step}
              current={s.id === step}
              description={`${s.name}: ${s.id === step ? 'open' : done ? 'done' : 'something is missing'}`}
            />
          );
        })}
      </ProgressIndicator>
    </nav>
  );
};

const Messages = () => {
  const problem = useStore((s) => s.problem);
  const notice = useStore((s) => s.notice);
  const fail = useStore((s) => s.fail);
  const say = useStore((s) => s.say);
  return (
    <div className="messages" aria-live="assertive">
      {problem && (
        <InlineNotification
          kind="error"
          title={problem.what}
          subtitle={problem.todo ?? ''}
          lowContrast
          onClose={() => {
            fail(undefined);
            return false;
          }}
        />
      )}
      {notice && (
        <InlineNotification
          kind="success"
          title={notice}
          lowContrast
          onClose={() => {
            say(undefined);
            return false;
          }}
        />
      )}
    </div>
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
  const next = STEPS.find((s) => s.id === after);
  return (
    <footer className="way">
      <div className="way__missing" aria-live="polite">
        {busy || !ready ? (
          <InlineLoading description={busy ?? 'Opening'} />
        ) : lacks.length > 0 ? (
          <>
            <strong>Still missing: </strong>
            {lacks.slice(0, 2).join(' ')}
            {lacks.length > 2 && ` And ${lacks.length - 2} more.`}
          </>
        ) : (
          <span>{next ? `Nothing is missing here. Next: ${next.name}.` : 'Nothing is missing.'}</span>
        )}
      </div>
      <div className="way__buttons">
        <Button kind="secondary" disabled={before === undefined} onClick={() => before && go(before)}>
          Back
        </Button>
        {after && (
          <Button disabled={!ready || lacks.length > 0 || busy !== undefined} onClick={() => go(after)}>
            Next
          </Button>
        )}
      </div>
    </footer>
  );
};

const ROOMS: readonly { readonly id: Room; readonly name: string; readonly purpose: string }[] = [
  { id: 'wizard', name: 'Guest', purpose: '' },
  {
    id: 'project',
    name: 'Project',
    purpose: 'Keep everything in one encrypted file, and see what was done.',
  },
  {
    id: 'officer',
    name: 'Security officer',
    purpose: 'Review a policy or a bundle without any secret, and approve or reject it.',
  },
];

const Rooms = () => {
  const room = useStore((s) => s.room);
  const enter = useStore((s) => s.enter);
  return (
    <nav className="rooms" aria-label="Rooms">
      {ROOMS.map((r) => (
        <button key={r.id} type="button" aria-current={r.id === room ? 'page' : undefined} onClick={() => enter(r.id)}>
          {r.name}
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
  useQuietDrops();
  usePulse();
  useEffect(() => {
    void start();
  }, [start]);
  // whoever uses a keyboard or a screen reader starts at the top of the new page
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what changes the heading
  useEffect(() => {
    heading.current?.focus();
    heading.current?.closest('main')?.scrollTo(0, 0);
  }, [step, room, locked]);
  const wizard = room === 'wizard' && !locked;
  const here = wizard ? STEPS.find((s) => s.id === step) : ROOMS.find((r) => r.id === room);
  const Screen = SCREENS[step];
  return (
    <div className={wizard ? 'frame' : 'frame frame--wide'}>
      <header className="head">
        <span className="head__name">Selwright</span>
        <Rooms />
        {view?.sample && <span className="head__sample">Sample tenant: nothing here is real</span>}
        {view?.file.problem && <span className="head__sample">Not saved</span>}
        <span className="head__offline">Works offline: no connection is ever made{version && ` · ${version}`}</span>
      </header>
      {wizard && <Steps />}
      <main className="content">
        <div className="content__inner">
          <h1 ref={heading} tabIndex={-1}>
            {locked && room !== 'officer' ? 'The project is locked' : here?.name}
          </h1>
          <p className="purpose">{locked && room !== 'officer' ? 'Enter its passphrase to go on.' : here?.purpose}</p>
          <Messages />
          {view && room === 'officer' ? <OfficerRoom /> : null}
          {view && room !== 'officer' && locked ? <LockedRoom /> : null}
          {view && room === 'project' && !locked ? <ProjectRoom /> : null}
          {view && wizard ? <Screen /> : null}
        </div>
      </main>
      {wizard && <Way />}
    </div>
  );
};
