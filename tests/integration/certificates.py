"""Certificates for tests, made with openssl in a directory of their own.

    with Certificates() as c:
        Daemon("--listen", "wss://127.0.0.1:0", "--tls-certificate", c.server, "--tls-key", c.server_key)
        RawSocket(port, tls=c.context())
"""
import os
import ssl
import subprocess
import tempfile

EXTENSIONS = {"ca": "basicConstraints=critical,CA:TRUE", "server": "subjectAltName=DNS:localhost,IP:127.0.0.1",
              "client": "extendedKeyUsage=clientAuth"}


class Certificates:
    """Files: ca, server, server_key, client, client_key; ECDSA, the last two issued by the first."""

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory()
        for name in EXTENSIONS:
            setattr(self, name, self.path(f"{name}.pem"))
            setattr(self, f"{name}_key", self.path(f"{name}.key"))
            self.issue(name)
        return self

    def __exit__(self, *exc):
        self.directory.cleanup()

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def issue(self, name):
        """Makes it, or makes it anew."""
        issuer = [] if name == "ca" else ["-CA", self.ca, "-CAkey", self.ca_key]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-noenc", "-days", "2", "-subj", f"/CN={name}", "-addext", EXTENSIONS[name], *issuer,
                        "-keyout", self.path(f"{name}.key"), "-out", self.path(f"{name}.pem")],
                       check=True, stderr=subprocess.DEVNULL)

    def context(self, client=False, version=None):
        """What a client needs: it trusts the CA."""
        context = ssl.create_default_context(cafile=self.ca)
        if client:
            context.load_cert_chain(self.client, self.client_key)
        if version:
            context.minimum_version = context.maximum_version = version
        return context

    def options(self):
        return ["--tls-certificate", self.server, "--tls-key", self.server_key]
