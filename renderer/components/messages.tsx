/** What went wrong, with what to do and details to copy; what went well; and the way back from what was removed. */
import { ActionableNotification } from '@carbon/react';
import { t } from '../../words/language.ts';
import { useStore } from '../store.ts';
import { Notice, noticeTexts } from './carbon.tsx';
import { CopyButton } from './facts.tsx';

const Problem = () => {
  const problem = useStore((s) => s.problem);
  const fail = useStore((s) => s.fail);
  const version = useStore((s) => s.version);
  const step = useStore((s) => (s.room === 'wizard' ? s.step : s.room));
  if (!problem) return null;
  // no path and no value but those of the sentence itself
  const details = [problem.what, problem.todo, `code ${problem.code ?? '-'}, ${step}, ${version}`].filter(Boolean).join('\n');
  return (
    <div className="problem">
      <Notice kind="error" title={problem.what} subtitle={problem.todo ?? ''} onClose={() => fail(undefined)} />
      <CopyButton text={details} what={t('the details')} />
    </div>
  );
};

const Undo = () => {
  const undo = useStore((s) => s.view?.undo);
  const change = useStore((s) => s.change);
  const [dismissed, dismiss] = [useStore((s) => s.dismissed), useStore((s) => s.dismiss)];
  if (!undo || dismissed === undo.n) return null;
  return (
    <ActionableNotification
      {...noticeTexts('info')}
      inline
      lowContrast
      hasFocus={false}
      kind="info"
      role="status"
      title={undo.says}
      actionButtonLabel={t('Undo')}
      onActionButtonClick={() => void change('project.undo', {}, t('Taking it back'))}
      onClose={() => {
        dismiss(undo.n);
        return false;
      }}
    />
  );
};

export const Messages = () => {
  const notice = useStore((s) => s.notice);
  const say = useStore((s) => s.say);
  return (
    <div className="messages" aria-live="assertive">
      <Problem />
      {notice && <Notice kind="success" title={notice} onClose={() => say(undefined)} />}
      <Undo />
    </div>
  );
};
