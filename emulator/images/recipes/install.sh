#!/bin/sh
# The steps of our images. uv rather than pip: half the time for the same result. Everything is made writable for all,
# because a job may run as the user of the server and still "pip install" its own requirements.
set -eu
umask 000
cd /build
step=$1
set --
if [ -d host ]; then
    export PIP_CONFIG_FILE=/build/host/pip.conf PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
    export UV_NO_PROGRESS=1 NO_COLOR=1 UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
    if [ -s host/certificates.pem ]; then
        export PIP_CERT=/build/host/certificates.pem SSL_CERT_FILE=/build/host/certificates.pem
    fi
    eval "set -- $(cat host/arguments)"
fi
case $step in
uv)
    python3 -m pip install --quiet --no-compile --target /build/uv uv
    ;;
requirements)
    uv/bin/uv venv --quiet --seed --python "$(command -v python3)" /opt/environment
    uv/bin/uv pip install --python /opt/environment/bin/python3 --compile-bytecode "$@" -r requirements.txt
    ;;
toolkit)
    site=$(/opt/environment/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    python3 -m compileall -q site-packages
    cp -r site-packages/. "$site/"
    cp bin/* /opt/environment/bin/
    chmod -R a+rwX "$site/sagemaker_emulator_toolkit"
    ;;
esac
