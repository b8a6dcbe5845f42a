#!/bin/bash
# Builds a bootable Debian node for QEMU: real GRUB, initramfs and kernel. Needs root, no loop device and no KVM.
# Usage: build-image.sh DIRECTORY SSH-PORT
# Leaves DIRECTORY/base.qcow2 (sealed, zstd-compressed), DIRECTORY/id_ed25519 and DIRECTORY/id_ed25519.pub; what is
# there already stays. Several at once build it once. A new image takes the place of older ones beside it, which have
# the same name up to the last hyphen; one whose file used.lock is locked stays.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
port=$2
mkdir -p "$1"
cd "$1"
umask 022
exec 9>building.lock
flock 9
[ ! -f base.qcow2 ] || exit 0
root=$PWD/rootfs
raw=$PWD/node.raw
qemu=
clean() {
    [ -z "$qemu" ] || kill "$qemu" 2>/dev/null || true
    # Whatever may still be mounted in it stays.
    rm -rf --one-file-system "$root" "$raw" "$PWD"/sealing.* "$PWD/core.img"
}
clean
trap clean EXIT

[ -f id_ed25519 ] || ssh-keygen -q -t ed25519 -N '' -C vm-node -f id_ed25519

step() { printf '%(%H:%M:%S)T %s\n' -1 "$*" >&2; }

step 'installing Debian'
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
printf 'MODULES=most\nCOMPRESS=lz4\n' >build-initramfs.conf
mmdebstrap --mode=root --variant=minbase --format=directory --quiet \
    --include=linux-image-amd64,systemd-sysv,udev,dbus,openssh-server,grub-pc,initramfs-tools,pciutils,kmod,iproute2,ifupdown,sudo,busybox,zstd,lz4,libssh-4,libsqlite3-0,adduser,tzdata,ca-certificates- \
    --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"; cp build-initramfs.conf "$1/etc/initramfs-tools/conf.d/vm-node"; echo RESUME=none >"$1/etc/initramfs-tools/conf.d/resume"' \
    --essential-hook='echo "grub-pc grub-pc/install_devices_empty boolean true" | chroot "$1" debconf-set-selections' \
    "$suite" "$root"
rm build-initramfs.conf

step 'configuring'
echo pve-vm >"$root/etc/hostname"
printf '127.0.0.1 localhost\n10.0.2.15 pve-vm\n' >"$root/etc/hosts"
printf 'LABEL=root / ext4 errors=remount-ro,noatime 0 0\n' >"$root/etc/fstab"
install -d -m 700 "$root/root/.ssh"
install -m 600 id_ed25519.pub "$root/root/.ssh/authorized_keys"
mkdir -p "$root/etc/ssh/sshd_config.d" "$root/etc/systemd/network" "$root/etc/systemd/journald.conf.d" \
    "$root/etc/systemd/system.conf.d"
printf 'PermitRootLogin prohibit-password\nUseDNS no\nUsePAM no\nKexAlgorithms curve25519-sha256\n' \
    >"$root/etc/ssh/sshd_config.d/vm-node.conf"
cat >"$root/etc/systemd/network/10-wired.network" <<'END'
[Match]
Name=en*
[Network]
Address=10.0.2.15/24
Gateway=10.0.2.2
LinkLocalAddressing=no
IPv6AcceptRA=no
END
printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=8M\n' >"$root/etc/systemd/journald.conf.d/vm-node.conf"
printf '[Manager]\nDefaultTimeoutStopSec=10s\nDefaultTimeoutStartSec=180s\n' \
    >"$root/etc/systemd/system.conf.d/vm-node.conf"
chroot "$root" systemctl -q enable systemd-networkd
# Under emulation every unit costs seconds; none of these matters to what is tested.
chroot "$root" systemctl -q mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service \
    dpkg-db-backup.timer fstrim.timer systemd-networkd-wait-online.service getty@tty1.service networking.service \
    systemd-pstore.service grub-common.service ifupdown-pre.service systemd-update-utmp.service \
    systemd-update-utmp-runlevel.service systemd-journal-flush.service systemd-tmpfiles-clean.timer \
    dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
    sys-fs-fuse-connections.mount modprobe@configfs.service modprobe@dm_mod.service modprobe@drm.service \
    modprobe@efi_pstore.service modprobe@fuse.service modprobe@loop.service systemd-random-seed.service \
    serial-getty@ttyS0.service systemd-machine-id-commit.service systemd-binfmt.service systemd-logind.service \
    systemd-user-sessions.service console-getty.service
# norandmaps: the emulator caches translated code by virtual address, so address randomisation costs a factor of three.
# no_timer_check: on a busy machine the emulated timer is late, and the kernel would panic about it.
# The IOMMU is off by arguments, so that there is a "before": Debian's kernel turns it on by default.
mkdir -p "$root/etc/default/grub.d"
cat >"$root/etc/default/grub" <<'END'
# If you change this file, run 'update-grub' afterwards to update
# /boot/grub/grub.cfg.
GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_RECORDFAIL_TIMEOUT=0
GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`
GRUB_CMDLINE_LINUX_DEFAULT="quiet \
    intel_iommu=off amd_iommu=off"
GRUB_CMDLINE_LINUX="overridden=1"
GRUB_TERMINAL=serial
GRUB_SERIAL_COMMAND="serial --speed=115200"
GRUB_DISABLE_OS_PROBER=true
END
# Several files, as admins and packages leave them: single quotes, joined lines, values built on others, a dead file.
cat >"$root/etc/default/grub.d/10-console.cfg" <<'END'
GRUB_CMDLINE_LINUX='console=ttyS0,115200 norandmaps vmnode.note="two words"'
END
cat >"$root/etc/default/grub.d/20-emulator.cfg" <<'END'
# Address randomisation and mitigations only cost time here.
SPEED=mitigations=off
GRUB_CMDLINE_LINUX="${GRUB_CMDLINE_LINUX} $SPEED"\
' no_timer_check'
END
cat >"$root/etc/default/grub.d/30-quiet.cfg" <<'END'
GRUB_CMDLINE_LINUX_DEFAULT=$GRUB_CMDLINE_LINUX_DEFAULT\ loglevel=4
END
echo "GRUB_CMDLINE_LINUX=dead=1" >"$root/etc/default/grub.d/40-old.cfg.dpkg-old"
kernel=$(cd "$root/lib/modules" && echo *)
uuid=$(cat /proc/sys/kernel/random/uuid)
mkdir -p "$root/boot/grub/i386-pc"
# Only for the sealing boot: update-grub in the node replaces it.
cat >"$root/boot/grub/grub.cfg" <<END
search --no-floppy --label --set=root root
linux /boot/vmlinuz-$kernel root=UUID=$uuid ro console=ttyS0,115200 norandmaps mitigations=off no_timer_check quiet
initrd /boot/initrd.img-$kernel
boot
END
cp "$root"/usr/lib/grub/i386-pc/*.{mod,lst} "$root/boot/grub/i386-pc/"
cp "$root/usr/share/grub/unicode.pf2" "$root/boot/grub/"
chroot "$root" grub-editenv /boot/grub/grubenv create
# "dep" needs the node's own sysfs, so the sealing boot builds the small image.
printf 'MODULES=dep\nCOMPRESS=lz4\n' >"$root/etc/initramfs-tools/conf.d/vm-node"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*

step 'making the disk'
truncate -s 1600M "$raw"
printf 'label: dos\n2048,,83,*\n' | sfdisk -q "$raw"
mke2fs -q -t ext4 -L root -U "$uuid" -O ^metadata_csum_seed -E offset=1048576,lazy_itable_init=1,nodiscard \
    -d "$root" "$raw" $((($(stat -c %s "$raw") - 1048576) / 1024))k
grub-mkimage -d "$root/usr/lib/grub/i386-pc" -O i386-pc -p '(hd0,msdos1)/boot/grub' -o core.img \
    biosdisk part_msdos ext2 search search_label normal
dd if="$root/usr/lib/grub/i386-pc/boot.img" of="$raw" bs=440 count=1 conv=notrunc status=none
dd if=core.img of="$raw" bs=512 seek=1 conv=notrunc status=none

step 'first boot: real update-initramfs and update-grub'
qemu-img create -q -f qcow2 -F raw -b "$raw" sealing.qcow2
timeout 600 "$here/start-node.sh" sealing.qcow2 intel "$port" "$PWD/sealing" -m 512 9>&- &
qemu=$!
node() {
    ssh -q -i id_ed25519 -p "$port" -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        -o ConnectTimeout=3 root@127.0.0.1 "$@"
}
for _ in $(seq 200); do
    if node true; then break; fi
    kill -0 "$qemu" || { cat sealing.serial >&2; exit 1; }
    sleep 1
done
node 'update-grub 2>/dev/null && update-initramfs -u -k all >/dev/null && rm -f /var/lib/systemd/random-seed && sync'
node 'systemctl poweroff' || true
wait "$qemu" || true
qemu=

step 'compressing'
qemu-img convert -c -O qcow2 -o compression_type=zstd sealing.qcow2 base.qcow2.new
mv base.qcow2.new base.qcow2
for old in "${PWD%-*}"-*; do
    [ "$old" -ef . ] || flock -n "$old/used.lock" rm -rf "$old" || true
done
step "done: $(du -h base.qcow2 | cut -f1)"
