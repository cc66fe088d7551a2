//! What `--help` shows below the options of each command: lines to copy.

/// `socklab list`.
pub const LIST: &str = "Examples:
  socklab list          every lab with its exercises
  socklab list echo     one lab";
/// `socklab show`.
pub const SHOW: &str = "Examples:
  socklab show tcp-echo-server             its checks and their points
  socklab show tcp-echo-server --handout   also the handout";
/// `socklab start`.
pub const START: &str = "Examples:
  socklab start tcp-echo-server            into the new folder tcp-echo-server
  socklab start tcp-echo-server my-work    into a folder of your choice";
/// `socklab check`.
pub const CHECK: &str = "Examples:
  socklab check                                  the exercise that this folder was started for
  socklab check --watch                          again on every save, with keys for a closer look
  socklab check tcp-echo-server server.py        any file or folder
  socklab check --only echoes --seed 7 -v        one check, repeated exactly, with its conversation
  socklab check --keep out                       keep the captures, to open them in Wireshark

Exit status: 0 all points, 1 points lost, 2 wrong usage, 3 cannot be graded here, 130 interrupted.";
/// `socklab hint`.
pub const HINT: &str = "Examples:
  socklab hint echoes                   one more hint each time, in a folder made by `socklab start`
  socklab hint tcp-echo-server echoes   the same, anywhere
  socklab hint echoes --again           the last one once more
  socklab hint echoes --all             all of them";
/// `socklab peer`.
pub const PEER: &str = "Examples:
  socklab peer tcp-echo-server                   which roles there are
  socklab peer tcp-echo-server several-messages  calls your server, which runs in another terminal
  socklab peer tcp-echo-server slow --port 7000  one byte every half second, to port 7000
  socklab peer tcp-echo-client sends             waits for your client as the teacher's server does

Exit status: 0 all went as the check wants it, 1 it did not, 2 nobody listens or the port is taken.";
/// `socklab ci`.
pub const CI: &str = "Examples:
  socklab ci tcp-echo-server .             annotations, a summary and reports for the platform it runs on
  socklab ci tcp-echo-server . --no-fail   the same, but the job stays green";
/// `socklab grade`.
pub const GRADE: &str = "Examples:
  socklab grade tcp-echo-server submissions/ --out week3     a folder of folders or archives
  socklab grade tcp-echo-server udp-echo-server moodle.zip   two exercises, a platform's download
  socklab grade tcp-echo-server submissions/ --shard 2/8     one of eight machines";
/// `socklab report`.
pub const REPORT: &str = "Examples:
  socklab report week3 --format html --out pages
  socklab report week3 --format csv
  socklab report week3 --submission s1001 -v";
/// `socklab merge`.
pub const MERGE: &str = "Examples:
  socklab merge shard1 shard2 shard3 --out week3";
/// `socklab diff`.
pub const DIFF: &str = "Examples:
  socklab diff before after";
/// `socklab mark`.
pub const MARK: &str = "Examples:
  socklab mark week3                               what waits for a person
  socklab mark week3 s1001 explanation 2 --note \"clear and complete\"";
/// `socklab gradebook`.
pub const GRADEBOOK: &str = "Examples:
  socklab gradebook week3 --for moodle -o grades.csv
  socklab gradebook week3 --for canvas --exported canvas.csv -o grades.csv";
/// `socklab judge`.
pub const JUDGE: &str = "Examples:
  socklab judge week3     after points, patterns or hints of a spec have changed";
/// `socklab doctor`.
pub const DOCTOR: &str = "Examples:
  socklab doctor";
/// `socklab completions`.
pub const COMPLETIONS: &str = "Examples:
  bash:  source <(socklab completions bash)
  zsh:   socklab completions zsh > \"${fpath[1]}/_socklab\"
  fish:  socklab completions fish > ~/.config/fish/completions/socklab.fish";
/// `socklab man`.
pub const MAN: &str = "Examples:
  socklab man | man -l -              read the page of the program
  socklab man --out ~/.local/share/man/man1    install the pages of all commands";
/// `socklab pcap`.
pub const PCAP: &str = "Examples:
  socklab pcap out/captures/echoes.pcapng            connections, closes, retransmissions
  socklab pcap capture.pcapng --flow tcp/0 --ladder  one connection as a diagram";
/// `socklab spec`.
pub const SPEC: &str = "Examples:
  socklab spec new echo/my-exercise            a spec, a handout and references to begin with
  socklab spec check specs/echo/my-exercise.yaml
  socklab spec check --all --static            only read, run nothing
  socklab spec words receive                   look a word up";
