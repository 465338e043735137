/** The policy as form and text side by side, kept in step: both write the same text. */
import { Button, Select, SelectItem, TextArea } from '@carbon/react';
import { useEffect, useState } from 'react';
import type { ProjectView } from '../../electron/contract.ts';
import { t } from '../../words/language.ts';
import { FileButton } from '../components/file-button.tsx';
import { Place } from '../components/place.tsx';
import { readOne } from '../files.ts';
import { useStore } from '../store.ts';

type PolicyView = NonNullable<ProjectView['policy']>;

const POLICY_MAX = 256 * 1024;

const Form = ({ policy, locked }: { readonly policy: PolicyView; readonly locked: boolean }) => {
  const change = useStore((s) => s.change);
  return (
    <div className="editor__form">
      {policy.form.map((f) => (
        <Select
          key={f.path}
          id={`field-${f.path}`}
          size="sm"
          labelText={f.label}
          value={f.value}
          disabled={locked}
          onChange={(e) => void change('policy.edit', { path: f.path, value: e.target.value }, t('Changing the policy'))}
        >
          {f.choices.map((c) => (
            <SelectItem key={c.value} value={c.value} text={c.text} />
          ))}
        </Select>
      ))}
    </div>
  );
};

/** What changed from another policy to this one. */
const Compare = () => {
  const ask = useStore((s) => s.ask);
  const [answer, setAnswer] = useState<{ other: string; changes: string[] }>();
  return (
    <div>
      <FileButton
        label={t('Compare with another policy')}
        testId="compare"
        onFile={async (file) => setAnswer(await ask('policy.compare', await readOne(file, POLICY_MAX), t('Comparing')))}
      />
      {answer && (
        <>
          <p>
            {answer.changes.length === 0
              ? t('From {other} to this one: nothing changed.', { other: answer.other })
              : t('From {other} to this one:', { other: answer.other })}
          </p>
          <ul className="plain">
            {answer.changes.map((c) => (
              <li key={c}>{c}</li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
};

export const PolicyEditor = ({ policy }: { readonly policy: PolicyView }) => {
  const change = useStore((s) => s.change);
  const ask = useStore((s) => s.ask);
  const say = useStore((s) => s.say);
  const home = useStore((s) => s.view?.home) ?? '';
  const [text, setText] = useState(policy.text);
  useEffect(() => setText(policy.text), [policy.text]);
  const edited = text !== policy.text;
  const save = async (path: string): Promise<void> => {
    const answer = await ask('policy.save', { path }, t('Saving the policy'));
    if (answer) say(t('The policy is in {path}.', { path: answer.path }));
  };
  return (
    <details className="fold">
      <summary>{t('Edit the policy')}</summary>
      <div className="editor">
        <Form policy={policy} locked={edited} />
        <div className="editor__text">
          <TextArea
            id="policy-text"
            labelText={t('The policy as text')}
            helperText={
              edited
                ? t('Edited. The form follows when the text is taken.')
                : t('A choice in the form changes the text, and the other way round.')
            }
            value={text}
            rows={24}
            spellCheck={false}
            onChange={(e) => setText(e.target.value)}
          />
          <div className="buttons">
            <Button size="sm" disabled={!edited} onClick={() => void change('policy.text', { text }, t('Reading the policy'))}>
              {t('Take this text')}
            </Button>
            <Button size="sm" kind="ghost" disabled={!edited} onClick={() => setText(policy.text)}>
              {t('Undo')}
            </Button>
          </div>
        </div>
      </div>
      <Compare />
      <Place
        label={t('File for the policy')}
        help={t('A new file, with the text as it stands.')}
        suggested={`${home}/${policy.name}.yaml`}
        button={t('Save the policy')}
        disabled={edited}
        onSave={(path) => void save(path)}
      />
    </details>
  );
};
