/**
 * Sums of toolchain modules that kubewright knows by itself: data, proven against Go's checksum database when it
 * was gathered. With them a Go can be fetched from any mirror before any Go or database can be asked. They also
 * tell the newest patch of each minor that had ended by then.
 */
import type { Platform } from '../target/platform.ts';

const SUMS = `
1.25.14 darwin/arm64 h1:PlAcT2a+0968GlDi1bcw4eLomqqbBNGNuje3bTMvnaw=
1.26.8 darwin/arm64 h1:dFjGhY6f8DTsY8/rLchUTDRRfjJP4pCrGCwxvHFT2Fg=
1.26.10 darwin/arm64 h1:SfEWw1me2He9ojf4S+M6xTnGOP6CosVO88yaBsEgjJ0=
1.27.3 darwin/arm64 h1:yCdfDZ+GhmDNz9efAMlsprJWmFX/baYtnSkwvgeWipA=
1.4.3 linux/amd64 h1:2WFShkf18rzHQ8BMIFU2bxGhA2ypy+jTd5fGVQ/e3MM=
1.5.4 linux/amd64 h1:P+P+z4W6eINdTznWIAzM9Qw/jSGroknhyKKdwnESpio=
1.6.2 linux/amd64 h1:60ZhqKZ7cOv1rA1XJ9ue0x10At4EGBSN7NPrqUU0v4w=
1.7.6 linux/amd64 h1:fezPfIcpRDO3nwx+HYrVj8lMlnUWbmDkfrkpXiEEm2o=
1.8.3 linux/amd64 h1:xAiV6TA2ApHaODq+Rskn4MxwSNTvPJHzwoT9Y8Q2Nq4=
1.9 linux/amd64 h1:z3V+rLSdh02/qy+bgo1UwlOyG5ReFhwKBK00H4QVzW8=
1.9.7 linux/amd64 h1:RQ4X2SAXLolDi4GsdETm1GKHJo3/kFupWeiWw/Sr7P4=
1.10.8 linux/amd64 h1:pNX2LbbJMKqbrKrDH78fAH5/cGzUfqdchMMgjL1SJvk=
1.11.13 linux/amd64 h1:VPZ2KgZ+mUb2BKvK+KawkB0nT3QZBGAvt8MlHusF/TI=
1.12.17 linux/amd64 h1:7koRDxJxEdE4lxJvRrQRNfTcMI6FtqMkWfN3JXnccGA=
1.13.1 linux/amd64 h1:5eDX2VXXDrSxrv7+C+r7O3yJuwV4uJTubmubqbxO1mc=
1.13.15 linux/amd64 h1:0YIfmYlhMe0yUYdbupupU89br9R11dmf/VOP2nfew9s=
1.14.15 linux/amd64 h1:xx9sRDXfMh54HzbMjOS11F689tYngRwS/RYdG7WwWoo=
1.15.15 linux/amd64 h1:zSuClbXsSWt8oRPg/6wyWz0FiR0UXatTSnWoyAKhvE0=
1.16.15 linux/amd64 h1:rXC7VeaCpFEz8KSwJ39iPtXKq/xTfwG9FvIKbWEFUno=
1.17.13 linux/amd64 h1:AUzu/+mOn2gHKmpGsifjAbnxb3kk/IrBhTGMhdfGGcE=
1.18.10 linux/amd64 h1:DoRXEPy0iapMWDLF5FpN4nhL3wfwgijsGwcq45OMI08=
1.19.13 linux/amd64 h1:+OmeJh7XWeMq4xTkHYEhIziJY/ifiVi4gcm2BWaUnyk=
1.20.14 linux/amd64 h1:8qw1ZS9f0CG9ty0SLWhGEERyjMSNgfMIR+e1g5RRYb0=
1.21.7 linux/amd64 h1:2k7qo1dA/2q0Mki/duR3Qt+kUKgCFRh/tKqAq449puc=
1.21.13 linux/amd64 h1:THKeCuuOK6mnQhbTbvvH9CKU3D4lwUERQax+yRXCVJk=
1.22.12 linux/amd64 h1:Hdh4VJAlDWzMnhKpqDwqJJr+sE7NgsJ86dyR4wrv2oY=
1.23.12 linux/amd64 h1:CQZ55qhuGAYcgv4npnr3DsfZP3i8URMjkpv7TYHRIH4=
1.24.13 linux/amd64 h1:5sgfUhn9QCgVl4UYj32GrIYFHI3bi2UX55tNfupXwxc=
1.25.14 linux/amd64 h1:XriDgll2yv4W2YeUo2X/WuUuy+iGJkXGH0CQloMBEXo=
1.26.8 linux/amd64 h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=
1.26.11 linux/amd64 h1:KyINmJ/FQdKRmDYGuTAAXkumyeR2DyUlSNHZj7XaLFg=
1.27.4 linux/amd64 h1:8Tl0rBb7KdISSdPkZBjlpZxsUBb+004GI/SM2XbmSqI=
1.20.11 linux/arm64 h1:VMT9zdL5q1xVABMNBeOc1yZFysw0nws5Ebo8vJxEN3w=
1.25.14 linux/arm64 h1:tccCYNAEolyjUyQVNxD/wJuly2Sx85m+OUkzGIhO1oY=
1.26.8 linux/arm64 h1:sYL/O6MqS68ML0kjsQ36WoYIpJqkw60TxizWUYUKQMc=
1.26.10 linux/arm64 h1:TuAzKmE5TqYnXpnhgY3GtBJCVg4AfNDA/K1gLyX5Hig=
1.27.3 linux/arm64 h1:VY4gDzfxOrsM17J2qtgZgiAIsWhp7XWK1jMfE3kXV0s=
`;

interface KnownSum {
  readonly version: string;
  readonly platform: string;
  readonly sum: string;
}

function table(): KnownSum[] {
  return SUMS.trim()
    .split('\n')
    .map((line) => {
      const [version = '', platform = '', sum = ''] = line.split(' ');
      return { version, platform, sum };
    });
}

/** The `h1:` sum of a toolchain, if we know it. */
export function knownSum(version: string, platform: Platform): string | undefined {
  return table().find((row) => row.version === version && row.platform === platform)?.sum;
}

/** Versions with a known sum for a platform. */
export function knownVersions(platform: Platform): string[] {
  return table()
    .filter((row) => row.platform === platform)
    .map((row) => row.version);
}
