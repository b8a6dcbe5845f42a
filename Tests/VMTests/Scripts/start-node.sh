#!/bin/sh
# Runs one VM node in the foreground: an emulated IOMMU, two identical GPU-like devices of three functions each, and a
# USB controller that is a function of the network card's slot, so that both share a group.
# Usage: start-node.sh DISK.qcow2 intel|amd SSH-PORT STATE-PREFIX [QEMU ARGUMENT…]
# Writes STATE-PREFIX.serial (console), .pid and .qmp. KVM is never used: the node must be the same everywhere.
set -eu

disk=$1 iommu=$2 port=$3 state=$4
shift 4

case $iommu in
    intel) cpu=qemu64,vendor=GenuineIntel device=intel-iommu,intremap=on,caching-mode=on ;;
    amd) cpu=EPYC device=amd-iommu,intremap=on ;;
    *) echo "the IOMMU is intel or amd, not '$iommu'" >&2; exit 64 ;;
esac

gpu() { # gpu ROOT-PORT: display, audio and USB function, as graphics cards have
    echo "-device secondary-vga,bus=$1,addr=0x0.0,multifunction=on -device ich9-intel-hda,bus=$1,addr=0x0.1 -device qemu-xhci,bus=$1,addr=0x0.2"
}

# shellcheck disable=SC2046 # the words of gpu are arguments
exec qemu-system-x86_64 -name "$(basename "$state")" -machine q35,vmport=off -accel tcg,thread=multi,tb-size=128 \
    -cpu "$cpu" -smp 1 -m 384 -nodefaults -no-user-config -display none -vga none -device "$device" \
    -drive "if=none,id=disk,file=$disk,format=qcow2,cache=unsafe,discard=unmap" \
    -device virtio-blk-pci,drive=disk,addr=0x3,bootindex=0 \
    -netdev "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:$port-:22" \
    -device virtio-net-pci,netdev=net,addr=0x2.0,multifunction=on,romfile= -device nec-usb-xhci,addr=0x2.1 \
    -device virtio-rng-pci,addr=0x4 \
    -device pcie-root-port,id=slot1,chassis=1,slot=1,addr=0x10 $(gpu slot1) \
    -device pcie-root-port,id=slot2,chassis=2,slot=2,addr=0x11 $(gpu slot2) \
    -serial "file:$state.serial" -monitor none -qmp "unix:$state.qmp,server=on,wait=off" -pidfile "$state.pid" \
    "$@" 2>"$state.err"
