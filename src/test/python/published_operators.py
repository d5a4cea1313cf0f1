"""Writes what the operators of the published implementation give for an image drawn here.

Usage: published_operators.py REFERENCE OUT.npz [PATTERNS]

REFERENCE is a clone of github.com/caojiezhang/DeqIR; nothing of it is kept here. OUT.npz is
src/test/resources/fixtures/operator-published.npz, which FixtureOperatorsTest reads. PATTERNS are
the patterns of BlockSensing(0.5, 1, 8) as little-endian floats, 64 pixels times 32 patterns; left
out, those that OUT.npz already has are taken.

The classes are used as they are but for this:
- Kernels get a zero in front, and with it the tap that the reference drops by mistake.
- Singular values of blurs are ordered as the values that they multiply. The reference orders
  them channel by channel but the values pixel by pixel. Both together are printed at the end.
- The blur keeps its small singular values. Its pseudo-inverse drops those below a thousandth of
  the largest, as here, and not those below 0.03 along each axis.
- Blocks have 8 x 8 pixels and the patterns of ours, since those of the reference are random.
"""

import os
import sys
import types

import numpy as np
import torch

SIDE = 24
BLOCK = 8
CUTOFF = 1e-3


def reference(folder, **changes):
    """The reference's operators, in double precision, with some of its constants changed."""
    with open(os.path.join(folder, "functions", "svd_operators.py")) as file:
        source = file.read()
    for old, new in changes.values():
        assert old in source, old
        source = source.replace(old, new)
    module = types.ModuleType("operators")
    sys.modules["cv2"] = types.ModuleType("cv2")
    exec(compile(source, "svd_operators.py", "exec"), module.__dict__)
    return module


def drawing():
    """Two discs and stripes in three colours, in [-1, 1]."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(float)
    red = np.where((y - 9) ** 2 + (x - 8) ** 2 < 40, 0.8, -0.7)
    green = np.where((y - 15) ** 2 / 2 + (x - 16) ** 2 < 22, 0.6, -0.5) + 0.01 * y
    blue = 0.5 * np.sin(x / 1.7) * np.cos(y / 3.1) + 0.02 * (x - y)
    return torch.tensor(np.stack([red, green, blue])[None]).float().double()


def gaussian(sigma, taps):
    kernel = np.exp(-0.5 * ((np.arange(taps) - taps // 2) / sigma) ** 2)
    return torch.tensor(np.concatenate([[0], kernel / kernel.sum()]))


def by_pixels(blur):
    """The blur whose singular values stand where the values do."""
    values = blur._singulars.repeat_interleave(3)
    kept = torch.where(values < CUTOFF * values.max(), 0, values)
    inverse = type(blur).__mro__[1].A_pinv  # Deblurring's own has the other order again

    def pseudo_inverse(y):
        blur.singulars = lambda: kept
        x = inverse(blur, y)
        blur.singulars = lambda: values
        return x

    blur.singulars = lambda: values
    blur.A_pinv = pseudo_inverse
    return blur


def main(folder, out, patterns=None):
    torch.set_default_dtype(torch.float64)
    plain = reference(folder, threshold=("ZERO = 3e-2", "ZERO = 0"))
    small = reference(folder, block=("32", str(BLOCK)))
    x = drawing()
    box = torch.tensor([0] + [1 / 9] * 9)
    kernels = {  # along the columns, along the rows
        "blur-gaussian": (gaussian(10, 5), gaussian(10, 5)),
        "blur-uniform": (box, box),
        "blur-anisotropic": (gaussian(1, 9), gaussian(20, 9)),
    }
    operators = {
        name: by_pixels(
            plain.Deblurring(down, 3, SIDE, "cpu")
            if torch.equal(down, along)
            else plain.Deblurring2D(down, along, 3, SIDE, "cpu")
        )
        for name, (down, along) in kernels.items()
    }
    for scale in (2, 4):
        points = np.abs((np.arange(4 * scale) - 2 * scale + 0.5) / scale)
        near = 1.5 * points**3 - 2.5 * points**2 + 1
        far = -0.5 * points**3 + 2.5 * points**2 - 4 * points + 2
        kernel = np.where(points <= 1, near, far)
        operators[f"super-resolution-bicubic-x{scale}"] = plain.SRConv(
            torch.tensor(kernel / kernel.sum()), 3, SIDE, "cpu", stride=scale
        )
    if patterns is None:
        patterns = np.load(out)["patterns"]
    else:
        patterns = np.fromfile(patterns, "<f4").reshape(BLOCK**2, -1)
    sensing = small.CS(3, SIDE, 0.5, "cpu")
    sensing.V_small = torch.zeros(BLOCK**2, BLOCK**2)
    sensing.V_small[:, : patterns.shape[1]] = torch.tensor(patterns).double()
    sensing.Vt_small = sensing.V_small.T
    operators["block-sensing"] = sensing

    arrays = {"x": x, "patterns": torch.tensor(patterns)}
    for name, operator in operators.items():
        y = operator.A(x)
        again = operator.A_pinv(y.clone())
        arrays[f"{name}-y"] = y
        arrays[f"{name}-pinv"] = again.reshape(x.shape)
        print(name, "|A A+ y - y| / |y|", float((operator.A(again) - y).norm() / y.norm()))
    asis = reference(folder)
    for name, (down, along) in kernels.items():
        y = asis.Deblurring2D(down[1:], along[1:], 3, SIDE, "cpu").A(x)
        ours = arrays[f"{name}-y"]
        print(name, "without any of this differs by", float((y - ours).norm() / ours.norm()))
    np.savez_compressed(out, **{name: a.float().numpy() for name, a in arrays.items()})
    print(os.path.getsize(out), "bytes")


main(*sys.argv[1:])
