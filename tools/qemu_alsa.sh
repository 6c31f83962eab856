#!/bin/sh
# Runs commands on a kernel with sound cards: a Debian kernel in qemu, with ALSA's loopback and dummy cards, the
# sequencer and virtual raw MIDI, and this machine's own files as its root (what is written there is lost).
#
#     tools/qemu_alsa.sh COMMAND...
#
# Each COMMAND is a line for the shell, run in the current folder. Prints what they print; the exit status is that
# of the first one that failed. MODULES names the kernel modules to load before, with their options after a colon.
#
# Debian packages: qemu-system-x86 busybox-static kmod dpkg. The kernel's package is fetched once and unpacked into
# build/qemu, not installed.
set -eu

MODULES=${MODULES-"snd-aloop:index=0,id=Loopback snd-dummy:index=1,id=Dummy snd-virmidi:index=2,id=VirMIDI snd-seq"}
SECONDS_AT_MOST=${SECONDS_AT_MOST-600}
HOME_OF_IT=${QEMU_BUILD-$(dirname "$0")/../build/qemu}
START_MODULES="virtio_pci 9pnet_virtio 9p overlay"

mkdir -p "$HOME_OF_IT"
HOME_OF_IT=$(cd "$HOME_OF_IT" && pwd)
KERNEL_ROOT=$HOME_OF_IT/kernel

for program in qemu-system-x86_64 busybox depmod modprobe dpkg-deb apt-get; do
    PATH=$PATH:/usr/sbin:/sbin command -v $program >/dev/null || { echo "$program is missing"; exit 1; }
done
PATH=$PATH:/usr/sbin:/sbin

fetch_kernel() {
    package=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    [ -n "$package" ] || { echo "no kernel package: apt-get update?"; exit 1; }
    rm -rf "$HOME_OF_IT/fetch" "$KERNEL_ROOT"
    mkdir -p "$HOME_OF_IT/fetch" "$KERNEL_ROOT"
    (cd "$HOME_OF_IT/fetch" && apt-get -q download "$package" >log.txt 2>&1) || { cat "$HOME_OF_IT/fetch/log.txt"; exit 1; }
    dpkg-deb --fsys-tarfile "$HOME_OF_IT"/fetch/*.deb |
        tar -x -C "$KERNEL_ROOT" --wildcards './boot/vmlinuz*' './lib/modules/*'
    rm -rf "$HOME_OF_IT/fetch"
    depmod -b "$KERNEL_ROOT" "$(ls "$KERNEL_ROOT/lib/modules")"
    touch "$KERNEL_ROOT/ready"
}

[ -e "$KERNEL_ROOT/ready" ] || fetch_kernel
VERSION=$(ls "$KERNEL_ROOT/lib/modules")
TREE=lib/modules/$VERSION

# The files of a module and of what it needs, in the order in which they are loaded.
files_of() {
    modprobe -d "$KERNEL_ROOT" -S "$VERSION" --show-depends "$1" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
}

RUN=$(mktemp -d "${TMPDIR-/tmp}/qemu-alsa-XXXXXX")
trap 'rm -rf "$RUN"' EXIT
trap 'exit 130' INT TERM
INITIAL=$RUN/initial
mkdir -p "$INITIAL/bin" "$INITIAL/$TREE" "$INITIAL/proc" "$INITIAL/sys" "$INITIAL/dev" "$INITIAL/host" \
    "$INITIAL/changes" "$INITIAL/sysroot"
cp "$(command -v busybox)" "$INITIAL/bin/busybox"

for module in $START_MODULES; do files_of "$module"; done | awk '!seen[$0]++' >"$RUN/start"
for module in $MODULES snd-hrtimer snd-seq-midi; do files_of "${module%%:*}"; done | awk '!seen[$0]++' >"$RUN/later"
sort -u "$RUN/start" "$RUN/later" | while read -r file; do
    inside=$INITIAL/$TREE/${file#*"$TREE"/}
    mkdir -p "$(dirname "$inside")"
    cp "$file" "$inside"
done
depmod -b "$INITIAL" "$VERSION" 2>/dev/null

{
    echo "cd '$(pwd)'"
    echo "export PATH='$PATH' HOME=/tmp"
    for module in $MODULES; do
        echo "modprobe $(echo "$module" | tr ':,' '  ') || exit 1"
    done
    echo 'failed=0'
    for command in "$@"; do
        echo "( $command"
        echo ') || { status=$?; [ $failed != 0 ] || failed=$status; }'
    done
    echo 'exit $failed'
} >"$INITIAL/commands"

{
    echo '#!/bin/busybox sh'
    echo '/bin/busybox --install -s /bin'
    echo 'mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev'
    sed "s|.*/$TREE/|insmod /$TREE/|" "$RUN/start"
    cat <<'INIT'
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 host /host
mount -t tmpfs changes /changes
mkdir /changes/upper /changes/work
mount -t overlay -o lowerdir=/host,upperdir=/changes/upper,workdir=/changes/work sysroot /sysroot
mkdir -p /sysroot/lib/modules
cp -r /lib/modules/* /sysroot/lib/modules/
cp /commands /sysroot/commands
for place in proc sys dev; do mount --move /$place /sysroot/$place; done
mount -t tmpfs run /sysroot/run
mkdir -p /sysroot/dev/shm /sysroot/dev/pts
mount -t tmpfs shm /sysroot/dev/shm
mount -t devpts pts /sysroot/dev/pts
ip link set lo up
echo 4 > /sysroot/proc/sys/kernel/printk
chroot /sysroot /bin/sh /commands
echo $? > /sysroot/dev/ttyS1
poweroff -f
INIT
} >"$INITIAL/init"
chmod +x "$INITIAL/init"
(cd "$INITIAL" && find . | busybox cpio -o -H newc 2>/dev/null) >"$RUN/initial.cpio"

timeout "$SECONDS_AT_MOST" qemu-system-x86_64 -machine q35 -accel tcg -cpu max -smp 2 -m 2048 \
    -nodefaults -no-reboot -display none -serial stdio -serial "file:$RUN/status" \
    -kernel "$KERNEL_ROOT/boot/vmlinuz-$VERSION" -initrd "$RUN/initial.cpio" -append 'console=ttyS0 quiet panic=-1' \
    -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap </dev/null 2>"$RUN/said" |
    tr -d '\r' || true
[ -s "$RUN/status" ] || { cat "$RUN/said"; echo "the machine did not run to its end"; exit 1; }
exit "$(tr -d '\r\n' <"$RUN/status")"
