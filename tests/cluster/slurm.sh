#!/usr/bin/env bash
# Grades a class through a real Slurm with the files of docs/cluster/slurm, kills a shard in the middle, and compares
# the merged run with one that this machine made by itself.
#
#   tests/cluster/slurm.sh SOCKLAB
#
# Wants root. Takes Slurm from the system, or installs Debian's slurm-wlm; starts slurmctld and slurmd on loopback,
# in a temporary folder, and stops them at the end.
set -euo pipefail
cd "$(dirname "$0")/../.."
export SOCKLAB=$(realpath "$1")
shards=3
skip() { echo "SKIPPED: $*"; exit 0; }

[ "$(id -u)" = 0 ] || skip "Slurm's daemons want root"
if ! command -v slurmctld slurmd sbatch >/dev/null; then
  command -v apt-get >/dev/null || skip "no Slurm here, and no apt-get to install it"
  # At run level 1 Debian's scripts start no service.
  { apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends slurm-wlm; } >/dev/null 2>&1 || skip "slurm-wlm does not install"
fi

dir=$(mktemp -d)
daemons=()
finish() {
  status=$?
  trap - EXIT
  scancel --quiet --name socklab --name socklab-merge 2>/dev/null || true
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${daemons[@]}"; do wait "$pid" 2>/dev/null || true; done
  if [ $status != 0 ]; then
    scontrol show jobs 2>/dev/null | grep -E 'JobId|JobState|Restarts|EligibleTime' || true
    tail -n 20 "$dir"/*.log "$dir"/run/*.log 2>/dev/null || true
  fi
  rm -rf "$dir"
  exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

# Waits until a command succeeds; what is waited for stands first.
await() {
  local what=$1 tries=0
  shift
  until "$@"; do
    tries=$((tries + 1))
    [ $tries -lt 6000 ] || { echo "waited too long for $what"; exit 1; }
    sleep 0.1
  done
}

host=$(hostname -s)
read -r controller node < <(python3 -c '
import socket
both = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(one.getsockname()[1] for one in both))')
mkdir "$dir/state" "$dir/spool" "$dir/class"
export SLURM_CONF=$dir/slurm.conf
cat >"$SLURM_CONF" <<END
ClusterName=loopback
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$controller
SlurmdPort=$node
SlurmUser=root
AuthType=auth/none
CredType=cred/none
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=2
SchedulerParameters=sched_interval=2
MailProg=/bin/true
# More than the machine has, so that all shards run at once, as on a cluster.
NodeName=$host NodeAddr=127.0.0.1 RealMemory=8192 CPUs=$((2 * shards)) State=UNKNOWN
PartitionName=class Nodes=$host Default=YES State=UP
END
slurmctld -D >"$dir/slurmctld.out.log" 2>&1 &
daemons+=($!)
slurmd -D >"$dir/slurmd.out.log" 2>&1 &
daemons+=($!)
idle() { [ "$(sinfo --noheader --format %T 2>/dev/null)" = idle ]; }
await "the node" idle
slurmctld -V

for copy in a b; do
  for one in tests/class/s*; do cp -r "$one" "$dir/class/$copy-$(basename "$one")"; done
done
submitted=$(docs/cluster/slurm/submit.sh tcp-echo-server "$dir/class" "$dir/run" $shards)
echo "$submitted"
array=$(sed -n 's/^shards: //p' <<<"$submitted")
merge=$(sed -n 's/^merge: //p' <<<"$submitted")

# The second shard is killed as soon as it has results, and the third is put back into the queue.
some() { compgen -G "$dir/run/shard-$1/results/*/*/scorecard.json" >/dev/null; }
grader() { pgrep -f -- "grade tcp-echo-server $dir/class --shard $1/$shards" | head -1; }
await "results of shard 2" some 2
victim=$(grader 2)
kill -9 "$victim"
cp -r "$dir/run/shard-2/results" "$dir/before"
done_before=$(compgen -G "$dir/before/*/*/scorecard.json" | wc -l)
echo "shard 2 killed with $done_before results"
await "results of shard 3" some 3
scontrol requeue "${array}_3"

# A job that was put back waits two minutes for its node to recover; the test does not.
starts_again() {
  local job
  job=$(scontrol show job "${array}_$1")
  grep -q 'Restarts=[1-9]' <<<"$job" || return 1
  if grep -q 'JobState=PENDING' <<<"$job"; then scontrol update "JobId=${array}_$1" StartTime=now 2>/dev/null || true; fi
  grep -Eq 'JobState=(RUNNING|COMPLETED)' <<<"$job"
}
for shard in 2 3; do await "the second start of shard $shard" starts_again "$shard"; done
# Whatever state the array's tasks end in, the merge runs once none of them is left.
ended() { scontrol show job "$merge" 2>/dev/null | grep -Eq 'JobState=(COMPLETED|FAILED|CANCELLED|TIMEOUT)'; }
await "the merge" ended
scontrol show job "$merge" | grep -q 'JobState=COMPLETED' || { echo "the merge failed"; exit 1; }
for shard in 2 3; do
  scontrol show job "${array}_$shard" | grep -q 'JobState=COMPLETED' || { echo "shard $shard failed"; exit 1; }
done

"$SOCKLAB" grade tcp-echo-server "$dir/class" --out "$dir/alone" >/dev/null 2>&1
python3 tests/cluster/same_run.py "$dir/alone" "$dir/run/whole"
for run in "$dir/alone" "$dir/run/whole"; do "$SOCKLAB" gradebook "$run" -o "$run.csv" 2>/dev/null; done
cmp "$dir/alone.csv" "$dir/run/whole.csv"
# What shard 2 had when it was killed was not graded again: even its times are the same.
(cd "$dir/before" && for card in */*/scorecard.json; do cmp "$card" "$dir/run/whole/results/$card"; done)
echo "Slurm: $shards shards, one killed and one requeued, merged into the same run"
