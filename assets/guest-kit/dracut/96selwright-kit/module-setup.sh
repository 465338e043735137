#!/bin/bash
# dracut module: the kit in the initramfs, so that its code is part of the image the ultravisor measures. It runs when the root
# disk is mounted on /sysroot. For images without SELinux, or that label their files afterwards: see README.md.

# called by dracut
check() {
	require_binaries pvsecret pvattest jq base64 sha256sum sha512sum od fold awk sed grep || return 1
	# only when asked for
	return 255
}

# called by dracut
depends() {
	echo sel-ebc
}

# called by dracut; moddir, systemdsystemunitdir, initdir and SYSTEMCTL are dracut's
# shellcheck disable=SC2154
install() {
	inst_multiple pvsecret pvattest jq base64 sha256sum sha512sum od fold awk sed grep tr cut head tail wc date uname mktemp chown chmod cp mv rm mkdir cat
	inst_multiple -o ssh-keygen dmsetup
	inst_script "$moddir/selwright-kit" /usr/libexec/selwright/selwright-kit
	inst_simple "$moddir/selwright-kit-initrd.service" "$systemdsystemunitdir/selwright-kit-initrd.service"
	$SYSTEMCTL -q --root "$initdir" enable selwright-kit-initrd.service
}
