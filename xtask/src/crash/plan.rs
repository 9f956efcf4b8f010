//! Which runs of the hammer make up a campaign.

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mode {
    /// Writers are killed at random times, while others write and read.
    Random,
    /// A process is killed before each system call that changes the disk.
    Syscall,
    /// Each system call that can fail does.
    Errno,
    /// A writer is stopped at each system call, others write and vacuum, and it goes on.
    Stall,
    /// The disk is full. Needs the right to mount one.
    Enospc,
}

impl Mode {
    pub(crate) const ALL: [Self; 5] = [Self::Random, Self::Syscall, Self::Errno, Self::Enospc, Self::Stall];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Syscall => "syscall",
            Self::Errno => "errno",
            Self::Stall => "stall",
            Self::Enospc => "enospc",
        }
    }
}

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// About a minute in all.
    Short,
    /// Every point.
    Long,
}

/// One run of the hammer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) mode: Mode,
    pub(crate) args: Vec<String>,
}

/// Writers of a round that is killed, in a short campaign and a long one: many of them queue, few of them work.
const WRITERS: [u64; 2] = [3, 12];
/// Writers that are killed, likewise.
const KILLS: [u64; 2] = [24, 20_000];

/// The runs of a campaign.
pub(crate) fn plan(modes: &[Mode], length: Length, kills: Option<u64>, seed: u64) -> Vec<Run> {
    let seeded = |mode| {
        let mut args = vec!["--seed".to_owned(), seed.to_string()];
        args.extend(arguments(mode, length, kills).split(' ').filter(|word| !word.is_empty()).map(str::to_owned));
        Run { mode, args }
    };
    modes.iter().map(|mode| seeded(*mode)).collect()
}

fn arguments(mode: Mode, length: Length, kills: Option<u64>) -> String {
    let [few, all] = [length == Length::Short, length == Length::Long];
    match mode {
        Mode::Random => {
            let at = usize::from(all);
            let rounds = kills.unwrap_or(KILLS[at]).div_ceil(WRITERS[at]);
            format!("--rounds {rounds} --writers {} --min-ms 20 --max-ms 500", WRITERS[at])
        }
        Mode::Syscall if few => "--modes upsert --step 5".to_owned(),
        Mode::Errno if few => "--modes scatter --errors ENOSPC,EIO,EACCES,EINTR --step 7".to_owned(),
        Mode::Errno => "--errors ENOSPC,EIO,EACCES,EINTR".to_owned(),
        // Whoever meets a stopped writer that holds the lock waits for seconds.
        Mode::Stall if few => "--modes scatter --calls linkat --max 1".to_owned(),
        Mode::Enospc if few => "--tmpfs-kb 128".to_owned(),
        Mode::Syscall | Mode::Stall | Mode::Enospc => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kills_are_counted_in_whole_rounds() {
        let [run] = plan(&[Mode::Random], Length::Long, Some(25), 7).try_into().unwrap();
        assert_eq!(run.args.join(" "), "--seed 7 --rounds 3 --writers 12 --min-ms 20 --max-ms 500");
    }

    #[test]
    fn a_long_campaign_leaves_nothing_out() {
        for run in plan(&Mode::ALL, Length::Long, None, 1) {
            let limits = ["--step", "--max", "--calls", "--modes", "--tmpfs-kb"];
            assert!(!run.args.iter().any(|arg| limits.contains(&arg.as_str())), "{run:?}");
        }
    }
}
