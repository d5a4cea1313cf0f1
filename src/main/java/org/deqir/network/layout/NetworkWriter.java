/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.layout;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Writes a {@link NetworkProgram} layer by layer.
 *
 * <p>Every layer method takes the names of the variables it reads, adds the layer's parameters
 * under the prefix of their names in a state dict, and returns the name of the variable that holds
 * the result.
 */
public final class NetworkWriter {

    private static final String TEMPLATE =
            """
            class Net(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              _is_full_backward_hook : Optional[bool]
              def prepare(self: __torch__.Net, w: Tensor) -> Tensor:
                prepared = torch.to(w, {SCALAR}, False, True)
                if torch.eq(torch.dim(prepared), 3):
                  prepared = torch.unsqueeze(prepared, 3)
                else:
                  pass
                if torch.eq(torch.dim(prepared), 4):
                  prepared = torch.clone(prepared, memory_format={CALLS})
                else:
                  pass
                return prepared
              def normalize(self: __torch__.Net, x: Tensor, w: Tensor, b: Tensor, epsilon: float, order: int, gradient: bool) -> Tensor:
                small = torch.lt(torch.mul(torch.size(x, 2), torch.size(x, 3)), {SMALL})
                if torch.__or__(gradient, small):
                  y = torch.group_norm(torch.contiguous(x, memory_format=0), {GROUPS}, w, b, epsilon)
                  normalized = torch.contiguous(y, memory_format=order)
                else:
                  normalized = torch.group_norm(x, {GROUPS}, w, b, epsilon)
                return normalized
              def network(self: __torch__.Net, x: Tensor, t: Tensor, p: List[Tensor], order: int, gradient: bool) -> Tensor:
            {BODY}
                return torch.narrow({OUTPUT}, 1, 0, {CHANNELS})
              def cropped(self: __torch__.Net, x: Tensor, t: Tensor, rows: Tensor, columns: Tensor, p: List[Tensor], order: int, gradient: bool) -> Tensor:
                extended = torch.index_select(torch.index_select(x, 2, rows), 3, columns)
                y = (self).network(extended, t, p, order, gradient, )
                cropped = torch.narrow(torch.narrow(y, 2, 0, torch.size(x, 2)), 3, 0, torch.size(x, 3))
                return torch.contiguous(torch.to(cropped, 6), memory_format=0)
              def forward(self: __torch__.Net, x: Tensor, t: Tensor, rows: Tensor, columns: Tensor, p: List[Tensor]) -> Tensor:
                return (self).cropped(x, t, rows, columns, p, {CALLS}, False, )
              def pullback(self: __torch__.Net, x: Tensor, t: Tensor, rows: Tensor, columns: Tensor, v: Tensor, p: List[Tensor]) -> List[Tensor]:
                q = annotate(List[Tensor], [])
                for i in range(torch.len(p)):
                  if torch.eq(torch.dim(p[i]), {REORDERED}):
                    w = torch.clone(p[i], memory_format={FORMAT})
                  else:
                    w = p[i]
                  _0 = torch.append(q, w)
                at = torch.requires_grad_(torch.detach(x), True)
                y = (self).cropped(at, t, rows, columns, q, {FORMAT}, True, )
                g = torch.grad([y], [at], annotate(List[Optional[Tensor]], [v]))
                return [torch.detach(y), torch.contiguous(ops.prim.unchecked_unwrap_optional(g[0]))]
            """;

    private static final int GROUPS = 32;

    /**
     * Pixels below which PyTorch normalizes images with channels last channel by channel, five
     * times slower than in the plain order. The gradient of that normalization is up to nine times
     * slower at any size, so images are normalized in the plain order wherever it is needed.
     */
    private static final int SMALL = 1024;

    private static final String CONVOLUTION =
            "torch.conv2d(%s, %s, %s, [%d, %d], [%d, %d], [1, 1], 1)";

    /**
     * Channels that a convolution has at least: those of its output, and in bfloat16 those of its
     * input as well. Where the network has fewer, the rest are zero and are dropped. On some
     * processors (seen on AMD ones with AVX512-BF16) PyTorch 2.7.1 returns a wrong gradient with
     * respect to the input where there are fewer; {@code LayerGradientsTest} shows which.
     */
    private static final int FEWEST_CHANNELS = 16;

    private final Precision precision;
    private final Map<String, NetworkProgram.Parameter> parameters = new LinkedHashMap<>();
    private final StringBuilder body = new StringBuilder();
    private final Deque<Skipped> skipped = new ArrayDeque<>();
    private int variables;

    /** Writes a program that computes everything but the timesteps in the given precision. */
    public NetworkWriter(Precision precision) {
        this.precision = precision;
    }

    /** {@return variable that holds the image, in the network's precision and memory order} */
    public String image() {
        // Not contiguous(): it leaves an image of one channel as it is, in either order, and
        // the layers after it take its strides for the plain order.
        return let("torch.clone(%s, memory_format=order)", cast("x"));
    }

    /** {@return variable that holds the timesteps, (N) float32} */
    public String timesteps() {
        return "t";
    }

    /**
     * {@return t·ω_i for the timesteps t (N) and ω_i = exp(−i·ln 10000/{@code divisor}), i = 0 …
     * half−1, rounded as the original codes round it: at t = 1000 the last bit of ω decides the
     * fourth digit of the sine}
     *
     * @param divideLast whether i is multiplied by ln 10000 before it is divided
     */
    public String phases(String t, int half, boolean divideLast, int divisor) {
        final String index = let("torch.arange(%d, dtype=6, device=ops.prim.device(%s))", half, t);
        final String exponent =
                divideLast
                        ? let("torch.div(torch.mul(%s, %s), %d)", index, -Math.log(10000), divisor)
                        : let("torch.mul(%s, %s)", index, -Math.log(10000) / divisor);
        return let(
                "torch.mul(torch.unsqueeze(%s, 1), torch.unsqueeze(torch.exp(%s), 0))",
                t, exponent);
    }

    /** {@return linear layer on the embedded timestep, (N, in) to (N, out)} */
    public String linear(String x, String prefix, int in, int out) {
        final String weight = parameter(prefix + ".weight", NetworkProgram.Kind.TIMESTEP, out, in);
        final String bias = parameter(prefix + ".bias", NetworkProgram.Kind.TIMESTEP, out);
        // One product for each row: in a product for all, rounding depends on their number.
        final String each =
                let(
                        "torch.expand(torch.unsqueeze(torch.t(%s), 0), [torch.size(%s, 0), -1, -1])",
                        weight, x);
        final String product = let("torch.bmm(torch.unsqueeze(%s, 1), %s)", x, each);
        return let("torch.add(torch.squeeze(%s, 1), %s)", product, bias);
    }

    /** {@return (N, C) of the embedding as (N, C, 1, 1) in the precision of images} */
    public String overPixels(String embedding) {
        return let("torch.unsqueeze(torch.unsqueeze(%s, 2), 3)", cast(embedding));
    }

    /** {@return convolution with a square kernel of odd size that keeps height and width} */
    public String convolution(String x, String prefix, int in, int out, int kernel) {
        return convolution(x, prefix, in, out, kernel, 1, kernel / 2);
    }

    /**
     * {@return convolution with a square kernel, a stride in pixels and a border of zeros on each
     * side}
     */
    public String convolution(
            String x, String prefix, int in, int out, int kernel, int stride, int padding) {
        return convolve(x, prefix, new Shape(out, in, kernel, kernel), stride, padding);
    }

    /**
     * {@return convolution with a 1 × 1 kernel whose weight is stored as of a one-dimensional
     * layer}
     */
    public String pointwise(String x, String prefix, int in, int out) {
        return convolve(x, prefix, new Shape(out, in, 1), 1, 0);
    }

    private String convolve(String x, String prefix, Shape weight, int stride, int padding) {
        final String w =
                parameter(prefix + ".weight", NetworkProgram.Kind.IMAGE, weight.getShape());
        final String b = parameter(prefix + ".bias", NetworkProgram.Kind.IMAGE, weight.get(0));
        final long outputs = Math.max(0, FEWEST_CHANNELS - weight.get(0));
        final long inputs =
                precision == Precision.FLOAT32 ? 0 : Math.max(0, FEWEST_CHANNELS - weight.get(1));
        if (outputs == 0 && inputs == 0)
            return let(CONVOLUTION, x, w, b, stride, stride, padding, padding);
        final String wide =
                let(
                        CONVOLUTION,
                        inputs == 0 ? x : padded(x, "0, 0, 0, 0, 0, " + inputs),
                        padded(w, "0, 0, 0, 0, 0, " + inputs + ", 0, " + outputs),
                        let("torch.constant_pad_nd(%s, [0, %d], 0)", b, outputs),
                        stride,
                        stride,
                        padding,
                        padding);
        return let("torch.narrow(%s, 1, 0, %d)", wide, weight.get(0));
    }

    /**
     * A tensor with zeros after its ends, in the order in memory that a tensor of one channel
     * lacks.
     */
    private String padded(String x, String ends) {
        return let(
                "torch.contiguous(torch.constant_pad_nd(%s, [%s], 0), memory_format=order)",
                x, ends);
    }

    /**
     * {@return group normalization with 32 groups, where {@code epsilon} is added to the variances}
     */
    public String normalize(String x, String prefix, int channels, double epsilon) {
        final String weight = parameter(prefix + ".weight", NetworkProgram.Kind.IMAGE, channels);
        final String bias = parameter(prefix + ".bias", NetworkProgram.Kind.IMAGE, channels);
        return let("(self).normalize(%s, %s, %s, %s, order, gradient, )", x, weight, bias, epsilon);
    }

    /** {@return x / (1 + exp(−x))} */
    public String silu(String x) {
        return let("torch.silu(%s)", x);
    }

    /** {@return sine of every element} */
    public String sin(String x) {
        return let("torch.sin(%s)", x);
    }

    /** {@return cosine of every element} */
    public String cos(String x) {
        return let("torch.cos(%s)", x);
    }

    /** {@return the sum of two variables of the same shape} */
    public String add(String a, String b) {
        return let("torch.add(%s, %s)", a, b);
    }

    /**
     * {@return h·(1 + scale) + shift with scale and shift, (N, C, 1, 1), the two halves of {@code
     * both}}
     */
    public String scaleAndShift(String h, String both) {
        final String halves = let("torch.chunk(%s, 2, 1)", both);
        // The product takes its order in memory from h; addcmul would take the shift's.
        final String scaled = let("torch.mul(%s, torch.add(%s[0], 1))", h, halves);
        return let("torch.add_(%s, %s[1])", scaled, halves);
    }

    /** {@return the channels of both variables, one after the other} */
    public String concatenate(String a, String b) {
        return let("torch.cat([%s, %s], 1)", a, b);
    }

    /** {@return each pixel repeated 2 × 2 times} */
    public String enlarge(String x) {
        // What upsample_nearest2d does too, but with copies to another order and back.
        final String pixels = let("torch.permute(%s, [0, 2, 3, 1])", x);
        final String repeated =
                let(
                        "torch.expand(torch.unsqueeze(torch.unsqueeze(%s, 2), 4), [-1, -1, 2,"
                                + " -1, 2, -1])",
                        pixels);
        final String large = let("torch.flatten(torch.flatten(%s, 3, 4), 1, 2)", repeated);
        return let("torch.permute(%s, [0, 3, 1, 2])", large);
    }

    /** {@return means of 2 × 2 pixels, of even height and width} */
    public String shrink(String x) {
        return let("torch.avg_pool2d(%s, [2, 2], [2, 2])", x);
    }

    /** {@return one row of zeros below and one column of zeros at the right} */
    public String padEnd(String x) {
        return let("torch.constant_pad_nd(%s, [0, 1, 0, 1], 0)", x);
    }

    /**
     * Attention of every pixel to every other. The channels of a pixel are made neighbours in
     * memory first: only then does PyTorch take its blocked kernel, whose memory grows with the
     * pixels and not with their square.
     *
     * @param qkv (N, 3·channels, H, W) with queries, keys and values
     * @param channels of one of the three
     * @param heads how many; a divisor of {@code channels}
     * @param headsOutermost whether the channels are ordered head by head with q, k, v inside, and
     *     not q, k, v with the heads inside
     * @return (N, channels, H, W)
     */
    public String attend(String qkv, int channels, int heads, boolean headsOutermost) {
        final int each = channels / heads;
        final String n = let("torch.size(%s, 0)", qkv);
        final String height = let("torch.size(%s, 2)", qkv);
        final String width = let("torch.size(%s, 3)", qkv);
        final String split =
                let(
                        "torch.reshape(torch.contiguous(torch.permute(%s, [0, 2, 3, 1])),"
                                + " [%s, -1, %s, %d])",
                        qkv, n, headsOutermost ? heads + ", 3" : "3, " + heads, each);
        final int axis = headsOutermost ? 3 : 2;
        final String[] parts = new String[3];
        for (int i = 0; i < 3; i++)
            parts[i] = let("torch.transpose(torch.select(%s, %d, %d), 1, 2)", split, axis, i);
        final String attended =
                let(
                        "torch.transpose(torch.scaled_dot_product_attention(%s, %s, %s), 1, 2)",
                        parts[0], parts[1], parts[2]);
        final String image =
                let(
                        "torch.permute(torch.reshape(%s, [%s, %s, %s, %d]), [0, 3, 1, 2])",
                        attended, n, height, width, channels);
        return let("torch.contiguous(%s, memory_format=order)", image);
    }

    /** A variable that was kept for the decoder, with its channels. */
    record Skipped(String variable, int channels) {}

    /** Keeps a variable for the decoder. */
    void skip(String x, int channels) {
        skipped.push(new Skipped(x, channels));
    }

    /** The variable kept last. */
    Skipped unskip() {
        return skipped.pop();
    }

    private String cast(String x) {
        return "torch.to(" + x + ", " + precision.scalarType() + ")";
    }

    private String parameter(String name, NetworkProgram.Kind kind, long... shape) {
        if (parameters.put(name, new NetworkProgram.Parameter(new Shape(shape), kind)) != null)
            throw new IllegalStateException("parameter " + name + " occurs twice");
        return "p[" + (parameters.size() - 1) + "]";
    }

    private String let(String expression, Object... arguments) {
        final String variable = "h" + variables++;
        body.append("    ")
                .append(variable)
                .append(" = ")
                .append(String.format(Locale.ROOT, expression, arguments))
                .append('\n');
        return variable;
    }

    /** Ends the program with the network's result, whose first channels are the predicted noise. */
    public NetworkProgram finish(String output, int channels) {
        final String source =
                TEMPLATE.replace("{SCALAR}", "" + precision.scalarType())
                        .replace("{GROUPS}", "" + GROUPS)
                        .replace("{SMALL}", "" + SMALL)
                        .replace("{FORMAT}", "" + precision.memoryFormat())
                        .replace("{CHANNELS}", "" + channels)
                        .replace("{OUTPUT}", output)
                        .replace("{BODY}", body);
        return new NetworkProgram(
                source, precision.memoryFormat(), Collections.unmodifiableMap(parameters));
    }
}
