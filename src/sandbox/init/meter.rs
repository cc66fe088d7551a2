//! Watches what programs use, and stops those that use too much.
//!
//! Resource limits of the kernel count per process; a fork gets around them. So init adds up, ten times
//! a second, and more often when memory is filling. Between two looks two processors can fill a few
//! hundred MiB, which the limit on data of each process bounds in turn.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use super::buffers::Buffers;
use super::proc::{self, Stat};
use super::programs::{CROWD, Programs};
use crate::event::{Exit, Limit};
use crate::sandbox::config::{Limits, ProgramId};
use crate::sandbox::event::SandboxEvent;
use crate::sandbox::group::Entrance;
use crate::sandbox::sys::{monotonic, process, thread_cpu};

const MILLISECOND: u64 = 1_000_000;
const CALM: u64 = 100 * MILLISECOND;
const ALERT: u64 = 10 * MILLISECOND;
/// Where the kernel does not limit processes, a fork must not get far before it is seen.
const HASTY: u64 = 4 * MILLISECOND;
const LONGEST: u64 = 1000 * MILLISECOND;
const TICK: Duration = Duration::from_millis(10);
const PAGE: u64 = 4096;
/// Programs that are kept at the limit of processes for this long do nothing else.
const STORM: u64 = 300 * MILLISECOND;
/// So many processes that compute at the same time, where there are as many as there may be, fork without end.
const MANY_RUNNING: usize = 16;
/// So many looks at the mere number of processes are followed by a whole one.
const MOST_GLANCES: u32 = 10;
/// A program that has left so many times the limit of processes behind, as children that nobody waited for, forks without
/// end, however few of them are there at any time.
const ORPHANS: u64 = 8;
/// Shared pages are looked into only above this: below, they are the program's own code.
const SHARED_PAGES: u64 = 4096;

/// The meter.
pub(super) struct Meter {
    limits: Limits,
    /// Limits of programs that have their own.
    own: BTreeMap<ProgramId, Limits>,
    next: Option<u64>,
    told: BTreeSet<(ProgramId, &'static str)>,
    /// File systems in memory that programs write to.
    stores: &'static [&'static str],
    calm: u64,
    /// Memory in the buffers of sockets; none where the network is the host's, or the kernel does not tell.
    buffers: Option<Buffers>,
    /// Since when there have been as many processes as there may be.
    crowded: Option<u64>,
    /// How many processes there were at the last look, and how many looks in a row were at no more than that.
    crowd: usize,
    glances: u32,
    /// The control group, and how often the kernel had killed in it before any of these programs.
    kills: Option<(Rc<Entrance>, u64)>,
}

#[derive(Default)]
struct Used {
    ticks: u64,
    memory: u64,
}

impl Meter {
    /// With `hasty` the kernel does not limit how many processes there are.
    pub fn new(
        limits: Limits,
        stores: &'static [&'static str],
        hasty: bool,
        buffers: Option<Buffers>,
        group: Option<Rc<Entrance>>,
    ) -> Meter {
        Meter {
            limits,
            own: BTreeMap::new(),
            next: None,
            told: BTreeSet::new(),
            stores,
            calm: if hasty { HASTY } else { CALM },
            buffers,
            crowded: None,
            crowd: 0,
            glances: 0,
            kills: group.map(|group| {
                let before = group.kills();
                (group, before)
            }),
        }
    }

    /// A program has started.
    pub fn started(&mut self, program: ProgramId, limits: Option<Limits>) {
        if let Some(limits) = limits {
            self.own.insert(program, limits);
        }
        self.next = Some(monotonic() + self.calm);
    }

    /// When to look again; never while nothing runs.
    pub fn next(&self) -> Option<u64> {
        self.next
    }

    /// Adds up, and kills.
    pub fn look(&mut self, programs: &mut Programs) -> Vec<SandboxEvent> {
        let begun = monotonic();
        if let Some(events) = self.glance(programs) {
            return events;
        }
        let cpu = thread_cpu();
        let processes = programs.processes();
        let threads: u64 = processes.iter().map(|process| process.threads).sum();
        // The kernel limits the processes of everybody but the true root (a "root" that is mapped to one
        // user may be that), whose forks outrun any killing one by one.
        if threads > u64::from(self.limits.processes) * 5 / 4 {
            programs.kill_everything();
        }
        let alive = processes.iter().any(|process| process.state != 'Z');
        let used = use_by_program(&processes, programs);
        let mut over = self.over_cpu(&used, programs);
        let many_buffers = self.buffered();
        let buffered = many_buffers.unwrap_or(0);
        let memory = used.values().map(|used| used.memory).sum::<u64>() + self.stored() + buffered;
        let over_memory = memory > self.limits.memory
            && self.proportional(&processes) + buffered > self.limits.memory;
        if (over_memory || self.was_killed())
            && let Some((program, _)) = used.iter().max_by_key(|(_, used)| used.memory)
        {
            over.push((*program, Limit::Memory));
        }
        let storms = self.storms(&processes, threads, begun);
        for (program, _) in &over {
            programs.kill(*program);
        }
        let storms = storms || programs.orphans() > ORPHANS * u64::from(self.limits.processes);
        if (storms || self.is_full(threads))
            && let Some(program) = busiest(&processes, programs)
        {
            if storms {
                programs.kill(program);
            }
            over.push((program, Limit::Processes));
        }
        let full = memory > self.limits.memory / 2 || many_buffers.is_some();
        let wait = if full {
            ALERT.min(self.calm)
        } else {
            self.calm
        };
        // However much work a look is, it leaves most of the processor to the programs.
        let wait = wait.max(10 * (thread_cpu() - cpu)).min(LONGEST);
        self.next = alive.then(|| monotonic() + wait);
        self.report(over)
    }

    /// Looks at no more than how many processes there are, as long as there are ever more of them.
    ///
    /// Of a hundred that fork without end, each may have a scheduling group of its own (sched(7), "The autogroup
    /// feature"). Init gets a hundredth of a processor then: what ends them must be little work, and soon.
    fn glance(&mut self, programs: &mut Programs) -> Option<Vec<SandboxEvent>> {
        let (program, pids) = programs.only_family()?;
        if self.is_full(pids.len() as u64) && proc::more_run_than(MANY_RUNNING, &pids) {
            programs.kill_everything();
            self.next = Some(monotonic() + self.calm);
            return Some(self.report(vec![(program, Limit::Processes)]));
        }
        let grows = pids.len() >= CROWD && pids.len() > self.crowd;
        self.crowd = pids.len();
        if !grows || self.glances == MOST_GLANCES {
            self.glances = 0;
            return None;
        }
        self.glances += 1;
        self.next = Some(monotonic() + ALERT.min(self.calm));
        Some(Vec::new())
    }

    /// Whether hardly one more may be started: two may just have ended, or be about to be counted.
    fn is_full(&self, count: u64) -> bool {
        count + 2 >= u64::from(self.limits.processes)
    }

    /// Whether there have been as many processes as there may be for too long, or many of them compute. A
    /// server that meets the limit once, and gets on, is told so and lives.
    fn storms(&mut self, processes: &[Stat], threads: u64, now: u64) -> bool {
        let crowded = self.is_full(threads);
        self.crowded = self.crowded.or(Some(now)).filter(|_| crowded);
        let running = processes.iter().filter(|process| process.state == 'R');
        let compute = crowded && running.count() > MANY_RUNNING;
        compute || self.crowded.is_some_and(|since| now - since >= STORM)
    }

    /// The limits behind ends that were not brought about here: the control group's, and the kernel's for the
    /// processor time of one process, which reaches the program only as the failure of its child.
    pub fn behind(&mut self, ended: &[SandboxEvent]) -> Vec<SandboxEvent> {
        let limit = |program| self.own.get(&program).unwrap_or(&self.limits).cpu;
        let mut over: Vec<_> = ended
            .iter()
            .filter_map(|event| failed_beyond(event, limit))
            .collect();
        let killed = ended.iter().find_map(|event| match event {
            SandboxEvent::Exited {
                program,
                exit: Exit::Signal(libc::SIGKILL),
                ..
            } => Some(*program),
            _ => None,
        });
        if let Some(program) = killed.filter(|_| self.was_killed()) {
            over.push((program, Limit::Memory));
        }
        self.report(over)
    }

    /// Whether the kernel has killed something in the control group since the last look.
    fn was_killed(&mut self) -> bool {
        let Some((group, before)) = &self.kills else {
            return false;
        };
        let killed = group.kills() > *before;
        if killed {
            // Once is enough to know.
            self.kills = None;
        }
        killed
    }

    fn over_cpu(
        &self,
        used: &BTreeMap<ProgramId, Used>,
        programs: &Programs,
    ) -> Vec<(ProgramId, Limit)> {
        let over = used.iter().filter(|(program, used)| {
            let limit = self.own.get(program).unwrap_or(&self.limits).cpu;
            let ended = programs.spent(**program);
            TICK * u32::try_from(used.ticks).unwrap_or(u32::MAX) + ended > limit
        });
        over.map(|(program, _)| (*program, Limit::Cpu)).collect()
    }

    /// Memory in bytes with every page counted once, however many processes share it after a fork.
    fn proportional(&self, processes: &[Stat]) -> u64 {
        processes
            .iter()
            .map(|process| proportional(process.pid))
            .sum::<u64>()
            + self.stored()
    }

    /// Bytes in the buffers of sockets, where there are so many of these that they must be watched closely.
    fn buffered(&mut self) -> Option<u64> {
        let buffers = self.buffers.as_mut().filter(|buffers| buffers.are_many())?;
        let bytes = buffers.bytes().ok();
        if bytes.is_none() {
            self.buffers = None;
        }
        bytes
    }

    /// Bytes in the file systems.
    fn stored(&self) -> u64 {
        let used = self
            .stores
            .iter()
            .filter_map(|path| rustix::fs::statvfs(*path).ok());
        used.map(|stat| (stat.f_blocks - stat.f_bfree) * stat.f_frsize)
            .sum()
    }

    fn report(&mut self, over: Vec<(ProgramId, Limit)>) -> Vec<SandboxEvent> {
        let at = monotonic();
        let fresh = over.into_iter().filter(|(program, limit)| {
            let name = match limit {
                Limit::Cpu => "cpu",
                Limit::Memory => "memory",
                _ => "processes",
            };
            self.told.insert((*program, name))
        });
        fresh
            .map(|(program, limit)| SandboxEvent::Limit { program, limit, at })
            .collect()
    }
}

/// A program that failed after it, with its children, had used more of the processor than it may.
fn failed_beyond(
    event: &SandboxEvent,
    limit: impl Fn(ProgramId) -> Duration,
) -> Option<(ProgramId, Limit)> {
    match event {
        SandboxEvent::Exited {
            program,
            exit,
            usage,
            ..
        } if *exit != Exit::Code(0) && usage.cpu() > limit(*program) => {
            Some((*program, Limit::Cpu))
        }
        _ => None,
    }
}

fn use_by_program(processes: &[Stat], programs: &Programs) -> BTreeMap<ProgramId, Used> {
    let mut all: BTreeMap<ProgramId, Used> = BTreeMap::new();
    for process in processes {
        // One that could not be attributed counts for the first program: it must count somewhere.
        let program = programs.families.of(process.pid).unwrap_or(ProgramId(1));
        let used = all.entry(program).or_default();
        used.ticks += process.ticks + process.child_ticks;
        used.memory += memory(process.pid);
    }
    all
}

/// A process's share of its anonymous and shared pages, in bytes. Exact, and slow: the kernel walks the
/// page tables.
fn proportional(pid: libc::pid_t) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let fields = text.lines().filter_map(|line| line.split_once(':'));
    let wanted = fields.filter(|(name, _)| matches!(*name, "Pss_Anon" | "Pss_Shmem" | "Swap"));
    wanted
        .filter_map(|(_, value)| kilobytes(value))
        .sum::<u64>()
        * 1024
}

fn kilobytes(value: &str) -> Option<u64> {
    value.trim().trim_end_matches(" kB").parse().ok()
}

/// Anonymous and shared memory of a process in bytes; pages of files are the page cache's. Pages that
/// processes share after a fork count for each of them.
fn memory(pid: libc::pid_t) -> u64 {
    // statm: size, resident, shared, …, in pages.
    let text = proc::read_once(Path::new(&format!("/proc/{pid}/statm"))).unwrap_or_default();
    let mut pages = text
        .split(' ')
        .skip(1)
        .map(|word| word.parse().unwrap_or(0));
    let (resident, shared): (u64, u64) = (pages.next().unwrap_or(0), pages.next().unwrap_or(0));
    let own = resident.saturating_sub(shared) * PAGE;
    if shared < SHARED_PAGES {
        return own;
    }
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssShmem:"));
    own + line.and_then(kilobytes).unwrap_or(0) * 1024
}

/// The program with the most threads.
fn busiest(processes: &[Stat], programs: &Programs) -> Option<ProgramId> {
    let mut threads: BTreeMap<ProgramId, u64> = BTreeMap::new();
    for process in processes {
        if let Some(program) = programs.families.of(process.pid) {
            *threads.entry(program).or_default() += process.threads;
        }
    }
    threads
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map(|(program, _)| program)
}

/// Kills processes, and again those that they made meanwhile, until none is left to kill.
pub(super) fn kill_all(mut members: impl FnMut() -> Vec<libc::pid_t>) {
    /// Each round can only meet processes forked during the one before.
    const ROUNDS: usize = 100;
    for _ in 0..ROUNDS {
        let pids = members();
        let alive = pids
            .iter()
            .filter(|pid| process::kill(**pid, libc::SIGKILL).is_ok());
        if alive.count() == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::Usage;

    #[test]
    fn a_program_that_fails_because_its_child_used_up_the_processor_time_is_told_so() {
        let ended = |exit, seconds| {
            let event = SandboxEvent::Exited {
                program: ProgramId(1),
                exit,
                usage: Usage {
                    user: Duration::from_secs(seconds),
                    ..Usage::default()
                },
                at: 0,
            };
            failed_beyond(&event, |_| Duration::from_secs(120))
        };
        let cpu = Some((ProgramId(1), Limit::Cpu));
        // `make` ends with status 2 when its shell was ended by SIGXCPU.
        assert_eq!(ended(Exit::Code(2), 122), cpu);
        assert_eq!(ended(Exit::Code(2), 119), None);
        assert_eq!(ended(Exit::Code(0), 122), None);
    }
}
