import type { Command } from 'commander';
import { countUpTo } from './option-values.ts';
import { listSessions, releaseSession, type ListOptions } from './sessions.ts';

const listMax = 1_000;

const listHelp = `
Examples:
  Who holds the seats, and who waits:
    $ leasehold sessions list --license lic_01h455vb4pex5vsknk084sn02q
  The last 500 sessions, for another program:
    $ leasehold sessions list --license lic_01h455vb4pex5vsknk084sn02q --all --limit 500 --json

--json prints one object: items as GET /v1/licenses/{id}/sessions has them, and nextCursor.
${exitCodesHelp()}`;

const releaseHelp = `
Example:
    $ leasehold sessions release ses_01h455vb4pex5vsknk084sn02q --reason "The machine is gone"

The reason is kept in the audit log. The program that held the seat hears of it with its next heartbeat. A
session that has ended stays as it ended.
${exitCodesHelp()}`;

/** The commands of an administrator of the customer. */
export function addSessionsCommands(program: Command, onExit: (code: number) => void): void {
  const sessions = program
    .command('sessions')
    .summary('see who holds the seats, and free one (for administrators)')
    .description('For administrators of the customer, with an API key in LEASEHOLD_API_KEY.');

  addCommonOptions(sessions.command('list'))
    .summary('the sessions of a license, newest first')
    .description('Lists the sessions of a license that hold a seat or wait, newest first.')
    .requiredOption('--license <lic_…>', 'whose sessions')
    .option('--all', 'also those that have ended', false)
    .option('--limit <count>', `at most ${listMax}`, countUpTo(listMax), 100)
    .option('--cursor <ses_…>', 'begin after this one: what the list before ended with')
    .addHelpText('after', listHelp)
    .action(async (options: ListOptions) => {
      onExit(await listSessions(options));
    });

  addCommonOptions(sessions.command('release'))
    .summary('take a seat back from whoever holds it')
    .description('Takes a seat back from whoever holds it, or a place from whoever waits.')
    .argument('<ses_…>', 'the session, as the list names it')
    .requiredOption('--reason <text>', 'why; kept in the audit log')
    .addHelpText('after', releaseHelp)
    .action(async (sessionId: string, options: Parameters<typeof releaseSession>[1]) => {
      onExit(await releaseSession(sessionId, options));
    });
}

function addCommonOptions(command: Command): Command {
  return command
    .option('--url <url>', 'the licence server (default: LEASEHOLD_URL)')
    .option('--tenant <ten_…>', "whose license, with an operator's key (default: LEASEHOLD_TENANT)")
    .option('--json', 'tell it in JSON', false);
}

function exitCodesHelp(): string {
  return `
Exit codes:
   0  done
  64  wrong options, or something missing
  69  the licence server cannot be reached, or cannot answer at this moment
  77  the API key does not allow it, or there is no such license or session`;
}
