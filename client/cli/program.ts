import { Command, InvalidArgumentError, Option } from 'commander';
import { usageTypes, type UsageType } from '../../domain/validation.ts';
import { clientVersion } from '../version.ts';
import { createJsonReporter, createTextReporter } from './reporter.ts';
import { run } from './run.ts';
import { validate } from './validate.ts';

interface CommonOptions {
  url?: string;
  licenseKey?: string;
  product?: string;
  usageType?: UsageType;
  json: boolean;
}

interface RunCommandOptions extends CommonOptions {
  release?: string;
  instanceKey?: string;
  wait: boolean;
  maxWait?: number;
  stopOnLoss: boolean;
}

const runHelp = `
Examples:
  Run a program while a seat is held for it:
    $ leasehold run --product acme-cad --release 1.4.0 -- ./acme-cad drawing.dwg
  Queue for a seat, five minutes at most, in a build:
    $ leasehold run --wait --max-wait 300 --json -- make simulation

Standard input, output and error are the command's. What leasehold has to say goes to standard error;
with --json each event is one line of JSON there: queued, retrying, acquired, started, degraded,
expired, recovered, lost, exited, released, failed, interrupted.

The command finds LEASEHOLD_SESSION_ID and LEASEHOLD_INSTANCE_KEY in its environment; a command that uses
the client library shares this seat.

Exit codes: the command's own, 128+n when it ended by signal n, 126 or 127 when it cannot be run, and
  64  wrong options, or something missing
  69  the licence server cannot be reached, or cannot answer at this moment
  75  no seat at this moment, or the seat was lost (--stop-on-loss)
  77  the license does not allow it`;

const validateHelp = `
Exit codes: 0 allowed, 77 not allowed, 69 nobody can tell, 64 wrong options.`;

/** The command line; `onExit` is given the exit code of the command that ran. */
export function createProgram(onExit: (code: number) => void): Command {
  const program = new Command('leasehold')
    .description('Holds a floating seat of a license while a command runs.')
    .version(clientVersion)
    .enablePositionalOptions()
    .showHelpAfterError('Run leasehold --help for the options.');

  addCommonOptions(program.command('run'))
    .summary('hold a seat while a command runs')
    .description('Acquires a seat, runs the command, and gives the seat back when it ends.')
    .argument('<command...>', 'what to run, after --')
    .passThroughOptions()
    .option('--release <version>', 'version of the product (default: LEASEHOLD_VERSION)')
    .option('--wait', 'queue when all seats are in use', false)
    .option('--max-wait <seconds>', 'longest wait for a seat', positiveNumber)
    .option('--stop-on-loss', 'end the command when its seat is lost', false)
    .option('--instance-key <key>', 'what counts as one seat (default: one project on one machine)')
    .addHelpText('after', runHelp)
    .action(async (command: string[], options: RunCommandOptions) => {
      const { json, stopOnLoss, maxWait, release, ...rest } = options;
      const reporter = json
        ? createJsonReporter(process.stderr)
        : createTextReporter(process.stderr, process.env);
      const acquire = { ...rest, version: release, wait: rest.wait || maxWait !== undefined };
      onExit(await run(command, { acquire, maxWaitSeconds: maxWait, stopOnLoss }, reporter));
    });

  addCommonOptions(program.command('validate'))
    .summary('ask whether the license allows the product')
    .description('Asks whether the license allows the product, without taking a seat.')
    .addHelpText('after', validateHelp)
    .action(async (options: CommonOptions) => {
      onExit(await validate(options));
    });
  return program;
}

function addCommonOptions(command: Command): Command {
  return command
    .option('--url <url>', 'the licence server (default: LEASEHOLD_URL)')
    .option('--license-key <key>', 'better left to LEASEHOLD_LICENSE_KEY or …_KEY_FILE')
    .option('--product <code>', 'code of the product (default: LEASEHOLD_PRODUCT)')
    .addOption(
      new Option('--usage-type <type>', 'default: LEASEHOLD_USAGE_TYPE, else builder').choices(
        usageTypes,
      ),
    )
    .option('--json', 'tell it in JSON', false);
}

function positiveNumber(text: string): number {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError('It must be a positive number.');
}
