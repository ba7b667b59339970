#!/bin/sh
# Settings of a device that campaigns change. It runs on the device, so that they come back even when the desk is gone.
#   settings.sh take FOLDER LEASE_S LONGEST_S NAME=VALUE...
#                                               records what is there, once, leaves a watch behind as below, then changes
#                                               what is there; says "NAME BEFORE AFTER" of each
#   settings.sh restore FOLDER                  puts everything back; 1 where something does not go back, which stays recorded
#   settings.sh release FOLDER                  as restore, once the agent has been ended, of a campaign that gives way to
#                                               another one; from then on it takes nothing until `claim`, for what it found would be
#                                               that one's
#   settings.sh claim FOLDER                    the campaign begins (anew)
#   settings.sh watch FOLDER LEASE_S LONGEST_S  restores once FOLDER/alive is LEASE_S old and the agent has ended, at the
#                                               latest LONGEST_S later; ends when there is nothing to restore
# Before anything is changed the record is on the disk and watched, and it goes only when all is back. AFTER is "refused" where the
# device does not do it; BEFORE is "absent" on a system without such settings. Status 28: no room for the record, nothing was
# changed. Status 75: the device's settings service gives no answer that is a setting, as just after it was started; nothing was
# changed without a record, and it can be tried again. Status 77: the campaign gave way to another one.
action=$1 folder=$2
shift 2
script=$0 saved=$folder/settings.saved

# What the settings service says, where it is a setting: a number, true, false, or null. Anything else, or a failure, is the tool's
# own complaint and must never be written back.
get() {
  command -v settings > /dev/null || { echo absent; return 0; }
  value=$(settings get "$1" "$2") || return 1
  case $value in
    null | true | false) ;;
    '' | *[!0-9.-]* | ?*-* | *[.-] | *.*.*) return 1 ;;
  esac
  echo "$value"
}

read_one() {
  case $1 in
    airplane) get global airplane_mode_on ;;
    brightness_mode) get system screen_brightness_mode ;;
    brightness) get system screen_brightness ;;
    screen_timeout_ms) get system screen_off_timeout ;;
    stay_on) get global stay_on_while_plugged_in ;;
    power_saving) get global low_power ;;
    performance_mode) echo "${performance_mode:-false}" ;; # devices do not tell; they start without it
    charging) if dumpsys battery | grep -q 'powered: true'; then echo true; else echo false; fi ;;
  esac 2> /dev/null
}

put() { if [ "$3" = null ]; then settings delete "$1" "$2"; else settings put "$1" "$2" "$3"; fi; }

write_one() {
  case $1 in
    airplane)
      if [ "$2" = 1 ]; then cmd connectivity airplane-mode enable; else cmd connectivity airplane-mode disable; fi ||
        put global airplane_mode_on "$2"
      [ "$2" != null ] || put global airplane_mode_on null ;;
    brightness_mode) put system screen_brightness_mode "$2" ;;
    brightness) put system screen_brightness "$2" ;;
    screen_timeout_ms) put system screen_off_timeout "$2" ;;
    stay_on) put global stay_on_while_plugged_in "$2" ;;
    power_saving) put global low_power "$2" ;;
    performance_mode) cmd power set-fixed-performance-mode-enabled "$2" && performance_mode=$2 ;;
    charging) if [ "$2" = false ]; then dumpsys battery suspend_input; else dumpsys battery reset; fi ;;
  esac > /dev/null 2>&1
}

locked() { # two of us never change settings at once; what is locked is the folder, which needs no room
  exec 9< "$folder" && { ! command -v flock > /dev/null || flock 9; }
}

not_up() { echo "the settings service is not up: $1 cannot be read"; }

boot() { cat /proc/sys/kernel/random/boot_id 2> /dev/null || echo unknown; }

leave_watch() { setsid sh "$script" watch "$folder" "$1" "$2" > /dev/null 2>&1 < /dev/null 9<&- & }

take() {
  lease=$1 longest=$2
  shift 2
  [ ! -e "$folder/released" ] || { echo "taken over by another campaign"; return 77; }
  # A reboot forgets some settings; until then there is nothing to do twice.
  if [ -e "$saved" ] && [ "$(cat "$folder/settings.taken" 2> /dev/null)" = "$(boot) $*" ]; then
    leave_watch "$lease" "$longest"
    return 0
  fi
  found=
  for each; do
    name=${each%%=*}
    grep -q "^$name " "$saved" 2> /dev/null && continue
    before=$(read_one "$name") || { not_up "$name"; return 75; }
    found="$found$name $before
"
  done
  { cat "$saved" 2> /dev/null; printf %s "$found"; } > "$saved.new" &&
    sync && [ "$(wc -l < "$saved.new")" -ge $# ] && mv "$saved.new" "$saved" ||
    { rm -f "$saved.new"; echo "No space left on device"; return 28; }
  leave_watch "$lease" "$longest" # before anything changes: this may be cut off at any point from here on
  for each; do
    name=${each%%=*} value=${each#*=}
    before=$(grep "^$name " "$saved" | cut -d' ' -f2)
    write_one "$name" "$value"
    after=$(read_one "$name") || { not_up "$name"; return 75; }
    [ "$after" = "$value" ] || after=refused
    echo "$name $before $after"
  done
  echo "$(boot) $*" > "$folder/settings.taken" || true
}

restore() {
  [ -e "$saved" ] || return 0
  failed=0
  while read -r name before; do
    [ "$before" != absent ] || continue
    # A device on a cable charges again when it likes: that it was told to is all there is to check.
    [ "$name" != charging ] || before=true
    write_one "$name" "$before" < /dev/null 9<&-
    case $name in charging | performance_mode) continue ;; esac
    now=$(read_one "$name" < /dev/null) || { not_up "$name"; failed=75; continue; }
    [ "$now" = "$before" ] || { echo "$name is not $before again"; [ $failed != 0 ] || failed=1; }
  done < "$saved"
  [ $failed = 0 ] && rm -f "$saved" "$folder/settings.taken"
  return $failed
}

service=dev.approxlite.service

agent_runs() { # one of our own, or, where agent_folder says so, the service app's
  place=$(cat "$folder/agent_folder" 2> /dev/null || echo "$folder")
  number=$(cat "$place/lock" 2> /dev/null) && [ -n "$number" ] || return 1
  if [ "$place" = "$folder" ]; then
    { tr '\0' ' ' < "/proc/$number/cmdline"; } 2> /dev/null | grep -qF "folder=$folder "
  else
    [ ! -e "$place/status" ] && /system/bin/pidof $service | tr ' ' '\n' | grep -qx "$number"
  fi
}

end_agent() {
  if [ "$place" = "$folder" ]; then kill -9 "$number"; else am stopservice -n $service/.android.ProfilingService; fi
}

release() {
  touch "$folder/released" # where there is no room for that, `take` has none for its record either
  tries=100
  ! agent_runs || end_agent > /dev/null
  while agent_runs && [ $tries -gt 0 ]; do sleep 0.1; tries=$((tries - 1)); done
  locked && restore
}

watch() {
  lease=$1 longest=$2 overtime=0
  step=$((lease / 4))
  [ $step -ge 1 ] || step=1
  mkdir -p "$folder/watch"
  exec 8< "$folder/watch" && { ! command -v flock > /dev/null || flock -n 8; } || return 0
  while [ -e "$saved" ]; do
    sleep $step 8<&-
    age=$(($(date +%s) - $(stat -c %Y "$folder/alive" 2> /dev/null || echo 0)))
    [ $age -ge "$lease" ] || { overtime=0; continue; }
    if agent_runs; then
      overtime=$((overtime + step))
      [ $overtime -ge "$longest" ] || continue
      end_agent > /dev/null
    fi
    (locked && restore) 8<&-
  done
}

case $action in
  take) locked && take "$@" ;;
  restore) locked && restore ;;
  release) release ;;
  claim) rm -f "$folder/released" ;;
  watch) watch "$@" ;;
  *) exit 2 ;;
esac
