/** The few pieces that all views are made of. Everything is set as text: nothing here takes markup. */
import type { ComponentChildren } from 'preact';

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle';

const PATHS: Readonly<Record<Tone, string>> = {
  good: 'M3.5 8.5l3 3 6-7',
  busy: 'M8 4.5v4l2.5 2',
  warn: 'M8 4v5M8 11.5v.5',
  bad: 'M4.5 4.5l7 7M11.5 4.5l-7 7',
  idle: 'M4.5 8h7',
};

/** Only decorates: the words beside it say the same. */
export function Mark({ tone }: { tone: Tone }) {
  return (
    <svg class={`mark ${tone}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[tone]} />
    </svg>
  );
}

export function Chip({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return <span class={`chip ${tone}`}>{children}</span>;
}

/** One view: a heading, to which a click leads, what stands beside it, and what is in it. */
export function Card({
  title,
  beside,
  children,
}: {
  title: string;
  beside?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="card" aria-label={title}>
      <header>
        <h1 tabIndex={-1}>{title}</h1>
        {beside}
      </header>
      {children}
    </section>
  );
}

export function Notice({
  tone,
  title,
  children,
}: {
  tone: Tone;
  title: string;
  children?: ComponentChildren;
}) {
  return (
    <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
      <Mark tone={tone} />
      <div>
        <p>{title}</p>
        {children}
      </div>
    </div>
  );
}

/** What somebody else wrote, closed until a person wants it. */
export function Said({ what, children }: { what: string; children: string }) {
  return (
    <details>
      <summary>{what}</summary>
      <pre>{children}</pre>
    </details>
  );
}

export interface Fact {
  what: string;
  value: string;
}

/** @param kind how they stand: below each other, or as tiles. */
export function Facts({ facts, kind = 'facts' }: { facts: readonly Fact[]; kind?: 'facts' | 'tiles' }) {
  if (facts.length === 0) return null;
  return (
    <dl class={kind}>
      {facts.map(({ what, value }) => (
        <div key={what}>
          <dt>{what}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function List({ what, entries }: { what: string; entries: readonly string[] }) {
  if (entries.length === 0) return null;
  return (
    <div class="list">
      <h2>{what}</h2>
      <ul>
        {entries.map((entry, index) => (
          <li key={`${index} ${entry}`}>{entry}</li>
        ))}
      </ul>
    </div>
  );
}

/** Told to a screen reader when it changes, and not drawn. */
export function Spoken({ children }: { children: string }) {
  return (
    <p class="spoken" role="status">
      {children}
    </p>
  );
}
