import { Command } from 'commander';
import { clientVersion } from '../version.ts';
import { addFileCommands } from './file-commands.ts';
import { addProofCommands } from './proof-commands.ts';
import { addSeatCommands } from './seat-commands.ts';
import { addSessionsCommands } from './sessions-commands.ts';

const help = `
The server and the key come from LEASEHOLD_URL and LEASEHOLD_LICENSE_KEY; an administrator's commands take
LEASEHOLD_API_KEY instead. leasehold <command> --help has examples and exit codes.`;

/** The command line; `onExit` is given the exit code of the command that ran. */
export function createProgram(onExit: (code: number) => void): Command {
  const program = new Command('leasehold')
    .description('Holds a floating seat of a license while a command runs.')
    .version(clientVersion)
    .enablePositionalOptions()
    .showHelpAfterError('Run leasehold --help for the options.')
    .addHelpText('after', help);
  addSeatCommands(program, onExit);
  addFileCommands(program, onExit);
  addProofCommands(program, onExit);
  addSessionsCommands(program, onExit);
  return program;
}
