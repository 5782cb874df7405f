import { CommanderError, type Command } from 'commander';
import { exitCodes } from './exit-codes.ts';
import { createProgram } from './program.ts';

const program = createProgram((code) => {
  process.exitCode = code;
});
throwInsteadOfExiting(program);
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version end with 0; everything else that the parser refuses is wrong usage.
  process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
}

function throwInsteadOfExiting(command: Command): void {
  command.exitOverride();
  command.commands.forEach(throwInsteadOfExiting);
}
