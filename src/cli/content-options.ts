import type { Command } from 'commander';
import type { Effect } from '../model/facts.ts';
import { isEmptyContent, ownContent } from '../trust/authority/content.ts';
import type { DocumentContent } from '../trust/authority/scope.ts';
import { usage } from './artifact-argument.ts';

/** What a document is about, as options of the command line say it. */
export type ContentOptions = {
  readonly server?: readonly string[];
  readonly tool?: readonly string[];
  readonly agent?: readonly string[];
  readonly environment?: readonly string[];
  readonly effect?: readonly string[];
};

const EFFECTS: readonly Effect[] = ['read', 'write', 'destructive'];

/** Adds the options to a command. */
export function addContentOptions(command: Command): Command {
  return command
    .option('--server <name>', 'a server that the document names, compared with the scope; again for another', collect)
    .option('--tool <server/tool>', 'a tool that it names; again for another', collect)
    .option('--agent <name>', 'an agent that it names as a plan; again for another', collect)
    .option('--environment <name>', 'an environment that it names; again for another', collect)
    .option(
      '--effect <effect>',
      'an effect that it declares, compared with the highest effect: read, write, destructive',
      collect,
    );
}

/** An option that may be given again. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/**
 * The content that was given; undefined where none was.
 *
 * @throws CodedError `usage`
 */
export function contentGiven(options: ContentOptions): DocumentContent | undefined {
  const { server = [], tool = [], agent = [], environment = [], effect = [] } = options;
  const plain = tool.find((name) => !/^[^/]+\/./s.test(name));
  if (plain !== undefined) throw usage(`--tool ${plain}: which server's? write SERVER/TOOL`);
  const content = ownContent({
    servers: server,
    tools: tool,
    planAgents: agent,
    environments: environment,
    effects: effect.map(effectNamed),
  });
  return isEmptyContent(content) ? undefined : content;
}

function effectNamed(name: string): Effect {
  const found = EFFECTS.find((effect) => effect === name);
  if (found === undefined) throw usage(`--effect ${name} is none of ${EFFECTS.join(', ')}`);
  return found;
}
