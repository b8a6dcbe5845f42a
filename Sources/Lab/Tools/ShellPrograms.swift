/// Programs of a node that are small enough to be shell: they start fast, and many are asked in every sweep.
enum ShellPrograms {
    static let all: [(name: String, text: String)] = [
        ("uname", uname), ("hostname", hostname), ("findmnt", findmnt), ("lsblk", lsblk), ("zpool", zpool),
        ("pvs", pvs), ("journalctl", journalctl), ("dmesg", dmesg), ("mokutil", mokutil), ("efibootmgr", efibootmgr),
        ("nproc", "#!/bin/sh\ngrep -c ^processor /proc/cpuinfo\n"),
    ]

    private static let header = """
        #!/bin/sh
        while IFS='=' read -r key value; do
            case $key in
                disk) disk=$value ;; root) root=$value ;; firmware) firmware=$value ;; release) release=$value ;;
                secureboot) secureboot=$value ;; name) name=$value ;; rootuuid) uuid=$value ;; loader) loader=$value ;;
                esp) esp=$value ;; partitions) last=$value ;; otherloader) other=$value ;;
                vdevs) vdevs=$value ;;
            esac
        done </run/lab/node
        case $disk in '') part= ;; *[0-9]) part=/dev/${disk}p ;; *) part=/dev/$disk ;; esac

        """

    private static let uname =
        header + """
            [ $# -gt 0 ] || set -- -s
            out=
            for word; do
                case $word in
                    -a|--all) out="Linux $name $release #1 SMP PREEMPT_DYNAMIC x86_64 GNU/Linux" ;;
                    -r|--kernel-release) out="$out $release" ;;
                    -n|--nodename) out="$out $name" ;;
                    -s|--kernel-name) out="$out Linux" ;;
                    -m|-p|-i|--machine) out="$out x86_64" ;;
                    -sr) out="$out Linux $release" ;;
                    -v) out="$out #1 SMP PREEMPT_DYNAMIC" ;;
                    -o) out="$out GNU/Linux" ;;
                    *) echo "uname: invalid option -- '$word'" >&2; exit 1 ;;
                esac
            done
            echo "${out# }"

            """

    private static let hostname =
        header + """
            case ${1-} in
                -f|--fqdn) echo "$name.lab.test" ;;
                -I) echo 192.0.2.11 ;;
                -d) echo lab.test ;;
                ''|-s) echo "$name" ;;
                *) echo "hostname: you must be root to change the host name" >&2; exit 1 ;;
            esac

            """

    private static let findmnt =
        header + """
            for word; do case $word in /*) target=$word ;; esac; done
            case $root in
                lvm) source=/dev/mapper/pve-root type=ext4 ;;
                zfs) source=rpool/ROOT/pve-1 type=zfs ;;
                *) source=${part}$last type=ext4 ;;
            esac
            case ${target-/} in
                /) ;;
                /boot/efi) [ "$firmware" = uefi ] && [ "$loader" = grub ] || exit 1; source=${part}2 type=vfat ;;
                *) exit 1 ;;
            esac
            [ -n "$disk" ] || exit 1
            case " $* " in
                *SOURCE,FSTYPE*) echo "$source $type" ;;
                *SOURCE*) echo "$source" ;;
                *FSTYPE*) echo "$type" ;;
                *) printf 'TARGET SOURCE FSTYPE OPTIONS\\n%s %s %s rw,relatime\\n' "${target-/}" "$source" "$type" ;;
            esac

            """

    private static let lsblk =
        header + """
            [ -n "$disk" ] || exit 0
            base=${part#/dev/}
            case " $* " in
                *-J*)
                    tree='{"name":"'$disk'","kname":"'$disk'","pkname":null,"type":"disk"}'
                    for n in $(seq "$last"); do
                        tree="$tree,"'{"name":"'$base$n'","kname":"'$base$n'","pkname":"'$disk'","type":"part"}'
                    done
                    if [ "$root" = lvm ]; then
                        tree="$tree,"'{"name":"pve-swap","kname":"dm-0","pkname":"'${base}$last'","type":"lvm"}'
                        tree="$tree,"'{"name":"pve-root","kname":"dm-1","pkname":"'${base}$last'","type":"lvm"}'
                    fi
                    printf '{"blockdevices":[%s]}\\n' "$tree" ;;
                *)
                    printf '%s disk\\n' "$disk"
                    for n in $(seq "$last"); do printf '%s part\\n' "$base$n"; done
                    [ "$root" != lvm ] || printf 'pve-swap lvm\\npve-root lvm\\n' ;;
            esac

            """

    private static let zpool =
        header + """
            [ "$root" = zfs ] && [ -n "$disk" ] || { echo "no pools available"; exit 0; }
            case ${1-} in
                list) echo "rpool	$((450))G	12G	438G	-	-	0%	2%	1.00x	ONLINE	-" ;;
                status)
                    printf '  pool: rpool\\n state: ONLINE\\nconfig:\\n\\n'
                    printf '\\tNAME        STATE     READ WRITE CKSUM\\n\\trpool       ONLINE       0     0     0\\n'
                    inset='  '
                    case $vdevs in *' '*) printf '\\t  mirror-0  ONLINE       0     0     0\\n'; inset='    ' ;; esac
                    for vdev in $vdevs; do
                        if [ -e "/sys/class/block/$vdev" ]; then
                            printf '\\t%s/dev/%s  ONLINE       0     0     0\\n' "$inset" "$vdev"
                        else
                            printf '\\t%s9261843077148512345  UNAVAIL  0     0     0  was /dev/%s\\n' "$inset" "$vdev"
                        fi
                    done
                    printf '\\nerrors: No known data errors\\n' ;;
                *) echo "missing command" >&2; exit 2 ;;
            esac

            """

    private static let pvs =
        header + """
            case " $* " in *json*) json=1 ;; *) json= ;; esac
            if [ "$root" = lvm ] && [ -n "$disk" ]; then
                if [ -n "$json" ]; then
                    printf '{"report":[{"pv":[{"pv_name":"%s","vg_name":"pve","pv_fmt":"lvm2","pv_attr":"a--",' "$part$last"
                    printf '"pv_size":"464.76g","pv_free":"16.00g"}]}]}\\n'
                else
                    case " $* " in *noheadings*) ;; *) echo "  PV         VG  Fmt  Attr PSize   PFree" ;; esac
                    case " $* " in
                        *pv_name*) echo "  $part$last" ;;
                        *) echo "  $part$last  pve lvm2 a--  464.76g 16.00g" ;;
                    esac
                fi
            elif [ -n "$json" ]; then
                echo '{"report":[{"pv":[]}]}'
            fi

            """

    private static let journalctl =
        header + """
            kernel= boot=0 unit=
            while [ $# -gt 0 ]; do
                case $1 in
                    -k|--dmesg) kernel=1 ;;
                    -b) case ${2-} in -[0-9]*|[0-9]*) boot=$2; shift ;; esac ;;
                    -b?*) boot=${1#-b} ;;
                    -u) unit=${2%.service}; shift ;;
                    -o|-n|-g) shift ;;
                esac
                shift
            done
            [ "$boot" = 0 ] || { echo "Specifying boot ID or boot offset has no effect, no persistent journal was found." >&2; exit 1; }
            when=$(date -d "@$(cat /run/lab/booted)" '+%b %d %H:%M:%S')
            if [ -n "$kernel" ]; then
                sed "s/^/$when $name kernel: /" /run/lab/kernel.log
            elif [ -n "$unit" ]; then
                sed -n "s/^$unit: /$when $name $unit[214]: /p" /run/lab/journal
            else
                sed "s/^/$when $name kernel: /" /run/lab/kernel.log
                sed "s/^\\([^:]*\\): /$when $name \\1[214]: /" /run/lab/journal
            fi

            """

    private static let dmesg = """
        #!/bin/sh
        awk '{ printf "[%12.6f] %s\\n", NR * 0.0137, $0 }' /run/lab/kernel.log

        """

    private static let mokutil =
        header + """
            [ "$firmware" = uefi ] || { echo "EFI variables are not supported on this system" >&2; exit 1; }
            case ${1-} in
                --sb-state) [ "$secureboot" = 1 ] && echo "SecureBoot enabled" || echo "SecureBoot disabled" ;;
                *) echo "Usage: mokutil OPTIONS [ARGS...]" >&2; exit 1 ;;
            esac

            """

    private static let efibootmgr =
        header + """
            [ "$firmware" = uefi ] || { echo "EFI variables are not supported on this system." >&2; exit 2; }
            printf 'BootCurrent: 0001\\nTimeout: 1 seconds\\nBootOrder: %s0001\\n' "${other:+0002,}"
            entry() {
                case $2 in
                    systemd-boot) name='Linux Boot Manager' file='systemd\\systemd-bootx64.efi' ;;
                    unified-kernel-image) name=Linux file='Linux\\linux.efi' ;;
                    *) name=proxmox file='proxmox\\shimx64.efi' ;;
                esac
                printf 'Boot000%s* %s\\tHD(2,GPT,%s)/File(\\\\EFI\\\\%s)\\n' "$1" "$name" "$esp" "$file"
            }
            entry 1 "$loader"
            [ -z "$other" ] || entry 2 "$other"

            """
}
