#!/bin/bash
# Grades a class on a Slurm cluster: an array of shards, and a merge after the last of them.
#
#   submit.sh EXERCISE SUBMISSIONS RUN [SHARDS]
#
# SUBMISSIONS and RUN lie on a file system that all nodes see. Prints the numbers of the two jobs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
exercise=$1 submissions=$(realpath "$2") shards=${4:-8}
mkdir -p "$3"
run=$(realpath "$3")

array=$(sbatch --parsable --array="1-$shards" --chdir="$run" \
  "$here/grade.sbatch" "$exercise" "$submissions" "$run" "$shards")
# afterany, not afterok: a shard that failed must not keep the others from being merged.
merge=$(sbatch --parsable --dependency="afterany:$array" --chdir="$run" "$here/merge.sbatch" "$run")
echo "shards: $array"
echo "merge: $merge"
