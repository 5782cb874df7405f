import { Option, type Command } from 'commander';
import { usageTypes, type UsageType } from '../../domain/validation.ts';
import { createJsonReporter, createTextReporter } from './reporter.ts';
import { oneMore, positiveNumber } from './option-values.ts';
import { release, type ReleaseOptions } from './release.ts';
import { run } from './run.ts';
import { status } from './status.ts';
import { validate } from './validate.ts';

interface CommonOptions {
  url?: string;
  licenseKey?: string;
  product?: string;
  usageType?: UsageType;
  json: boolean;
}

interface ValidateCommandOptions extends CommonOptions {
  feature?: string[];
  explain: boolean;
}

interface RunCommandOptions extends CommonOptions {
  release?: string;
  feature?: string[];
  instanceKey?: string;
  wait: boolean;
  maxWait?: number;
  takeover?: string;
  roots?: string;
  stopOnLoss: boolean;
}

const runHelp = `
Examples:
  Run a program while a seat is held for it:
    $ leasehold run --product acme-cad --release 1.4.0 -- ./acme-cad drawing.dwg
  Queue for a seat, five minutes at most, in a build:
    $ leasehold run --wait --max-wait 300 --json -- make simulation
  Have the seat of a forgotten copy on this device, as the denial names it:
    $ leasehold run --takeover ses_01h455vb4pex5vsknk084sn02q -- ./acme-cad drawing.dwg

Standard input, output and error are the command's. What leasehold has to say goes to standard error;
with --json each event is one line of JSON there: queued, retrying, acquired, started, degraded,
grace, expired, recovered, tampered, revoked, lost, exited, released, failed, interrupted.

The command finds LEASEHOLD_SESSION_ID and LEASEHOLD_INSTANCE_KEY in its environment; a command that uses
the client library shares this seat.

Exit codes: the command's own, 128+n when it ended by signal n, 126 or 127 when it cannot be run, and
  64  wrong options, or something missing
  69  the licence server cannot be reached, or cannot answer at this moment
  75  no seat at this moment, or the seat was lost (--stop-on-loss)
  77  the license does not allow it`;

const validateHelp = `
Examples:
  See why, check by check:
    $ leasehold validate --explain --feature sso

Exit codes: 0 allowed, 77 not allowed, 69 nobody can tell, 64 wrong options.`;

const statusHelp = `
Examples:
  Ask in the folder of the project:
    $ leasehold status
  Start a build only where the seat is held:
    $ leasehold status --json > seat.json && make

A seat is found when leasehold run took it, or a program that remembers its seat (see the client library).

Exit codes:
   0  this project holds a seat here
  64  wrong options, or something missing
  69  the licence server cannot be reached: nobody can tell
  75  no seat here
  77  no seat here, and the license does not allow one`;

const releaseHelp = `
Examples:
  After a crash, instead of waiting until the lease is over:
    $ leasehold release
  Take the seat from a program that hangs:
    $ leasehold release --force

What is given back may go to whoever waits. A program that loses its seat hears of it with its next
heartbeat.

Exit codes:
   0  given back, or there was nothing to give back
  64  wrong options, or a running program holds the seat and --force is missing
  69  the licence server cannot be reached: try again, or wait until the lease is over
  77  the server does not know the seat`;

/** The commands of a person, or a program, that uses a seat. */
export function addSeatCommands(program: Command, onExit: (code: number) => void): void {
  addCommonOptions(program.command('run'))
    .summary('hold a seat while a command runs')
    .description('Acquires a seat, runs the command, and gives the seat back when it ends.')
    .argument('<command...>', 'what to run, after --')
    .passThroughOptions()
    .option('--release <version>', 'version of the product (default: LEASEHOLD_VERSION)')
    .option('--feature <name>', 'a feature that the command needs; may be repeated', oneMore)
    .option('--wait', 'queue when all seats are in use', false)
    .option('--max-wait <seconds>', 'longest wait for a seat', positiveNumber)
    .option('--takeover <ses_…>', 'end this session of this device for its seat, if none is free')
    .option('--stop-on-loss', 'end the command when its seat is lost', false)
    .option('--roots <file>', 'believe no refusal that these do not stand behind (LEASEHOLD_ROOTS)')
    .addOption(instanceKeyOption())
    .addHelpText('after', runHelp)
    .action(async (command: string[], options: RunCommandOptions) => {
      const { json, stopOnLoss, maxWait, release: version, feature: features, ...rest } = options;
      const reporter = json
        ? createJsonReporter(process.stderr)
        : createTextReporter(process.stderr, process.env);
      const wait = rest.wait || maxWait !== undefined;
      const acquire = { ...rest, version, features, wait, remember: true };
      onExit(await run(command, { acquire, maxWaitSeconds: maxWait, stopOnLoss }, reporter));
    });

  addCommonOptions(program.command('validate'))
    .summary('ask whether the license allows the product')
    .description('Asks whether the license allows the product, without taking a seat.')
    .option('--feature <name>', 'a feature that it must grant too; may be repeated', oneMore)
    .option('--explain', 'list every check with what it looked at, and what is granted', false)
    .addHelpText('after', validateHelp)
    .action(async ({ feature: features, ...options }: ValidateCommandOptions) => {
      onExit(await validate({ ...options, features }));
    });

  addCommonOptions(program.command('status'))
    .summary('say whether this project has a seat here')
    .description(
      'Says whether this project has a seat on this machine, and how the license stands.',
    )
    .addOption(instanceKeyOption())
    .addHelpText('after', statusHelp)
    .action(async (options: CommonOptions & { instanceKey?: string }) => {
      onExit(await status(options));
    });

  program
    .command('release')
    .summary('give back what a program of this project left behind')
    .description('Gives back the seat of this project that a crashed program left behind.')
    .option('--force', 'also take it from a program that still runs', false)
    .addOption(instanceKeyOption())
    .option('--json', 'tell it in JSON', false)
    .addHelpText('after', releaseHelp)
    .action(async (options: ReleaseOptions) => {
      onExit(await release(options));
    });
}

function addCommonOptions(command: Command): Command {
  return command
    .option('--url <url>', 'the licence server (default: LEASEHOLD_URL)')
    .option('--license-key <key>', 'better left to LEASEHOLD_LICENSE_KEY or …_KEY_FILE')
    .option('--product <code>', 'code of the product (default: LEASEHOLD_PRODUCT)')
    .addOption(
      new Option(
        '--usage-type <type>',
        'default: LEASEHOLD_USAGE_TYPE, else runtime in containers without a person, or builder',
      ).choices(usageTypes),
    )
    .option('--json', 'tell it in JSON', false);
}

function instanceKeyOption(): Option {
  return new Option(
    '--instance-key <key>',
    'what counts as one seat (default: one project on one machine)',
  );
}
