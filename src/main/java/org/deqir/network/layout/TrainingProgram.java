/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.layout;

import ai.djl.ndarray.types.Shape;
import java.util.Map;

/**
 * A network's program with what training needs in addition: the loss, its gradient and Adam's step.
 *
 * <p>The text adds methods to the class of {@link NetworkProgram#source()}. They take the
 * parameters as they are stored, in float32, as a list {@code w} in the order of {@link
 * NetworkProgram#parameters()}; conversion to the network's precision is part of what is
 * differentiated.
 *
 * <ul>
 *   <li>{@code predict(x, t, w)}: the predicted noise. Height and width must be multiples of the
 *       network's stride;
 *   <li>{@code loss(x, t, noise, w)}: mean squared error of the predicted noise, float32;
 *   <li>{@code gradient(x, t, noise, w)}: the loss and ∂loss/∂w, one tensor for each parameter;
 *   <li>{@code update(w, g, m, v, a, s)}: Adam's step (Kingma and Ba 2015, algorithm 1) with
 *       gradients g, scaled down to a norm of at most s[0], and moments m and v, followed by the
 *       step of the moving average a. All but g are changed in place. s holds further β₁, β₂, the
 *       corrections 1 − β₁ᵏ and 1 − β₂ᵏ, ε, the rate and the share of the average that is kept. It
 *       returns the norm of the gradient.
 * </ul>
 */
public final class TrainingProgram {

    private static final String METHODS =
            """
              def prepared(self: __torch__.Net, w: List[Tensor]) -> List[Tensor]:
                p = annotate(List[Tensor], [])
            {PREPARE}
                return p
              def predict(self: __torch__.Net, x: Tensor, t: Tensor, w: List[Tensor]) -> Tensor:
                y = (self).network(x, t, (self).prepared(w, ), {ORDER}, True, )
                return torch.contiguous(torch.to(y, 6), memory_format=0)
              def loss(self: __torch__.Net, x: Tensor, t: Tensor, noise: Tensor, w: List[Tensor]) -> Tensor:
                y = torch.to((self).network(x, t, (self).prepared(w, ), {ORDER}, True, ), 6)
                return torch.mse_loss(y, noise)
              def gradient(self: __torch__.Net, x: Tensor, t: Tensor, noise: Tensor, w: List[Tensor]) -> List[Tensor]:
                leaves = annotate(List[Tensor], [])
                for i in range(torch.len(w)):
                  _0 = torch.append(leaves, torch.requires_grad_(torch.detach(w[i]), True))
                loss = (self).loss(x, t, noise, leaves, )
                g = torch.grad([loss], leaves)
                result = annotate(List[Tensor], [torch.detach(loss)])
                for j in range(torch.len(w)):
                  _1 = torch.append(result, ops.prim.unchecked_unwrap_optional(g[j]))
                return result
              def update(self: __torch__.Net, w: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], a: List[Tensor], s: Tensor) -> Tensor:
                squares = annotate(List[Tensor], [])
                for i in range(torch.len(g)):
                  _0 = torch.append(squares, torch.sum(torch.mul(g[i], g[i])))
                norm = torch.sqrt(torch.sum(torch.stack(squares)))
                scale = torch.clamp(torch.div(s[0], torch.add(norm, 1.0e-12)), None, 1)
                for j in range(torch.len(g)):
                  h = torch.mul(g[j], scale)
                  _1 = torch.add_(torch.mul_(m[j], s[1]), torch.mul(h, torch.rsub(s[1], 1)))
                  _2 = torch.add_(torch.mul_(v[j], s[2]), torch.mul(torch.mul(h, h), torch.rsub(s[2], 1)))
                  root = torch.add(torch.sqrt(torch.div(v[j], s[4])), s[5])
                  _3 = torch.sub_(w[j], torch.mul(torch.div(torch.div(m[j], s[3]), root), s[6]))
                  _4 = torch.add_(torch.mul_(a[j], s[7]), torch.mul(w[j], torch.rsub(s[7], 1)))
                return norm
            """;

    private TrainingProgram() {}

    /** {@return the whole text for training a network} */
    public static String source(NetworkProgram program) {
        final StringBuilder prepare = new StringBuilder();
        int i = 0;
        for (Map.Entry<String, Shape> parameter : program.parameters().entrySet()) {
            final String stored = "w[" + i++ + "]";
            final boolean image = program.kind(parameter.getKey()) == NetworkProgram.Kind.IMAGE;
            prepare.append("    _0 = torch.append(p, ")
                    .append(image ? "(self).prepare(" + stored + ", )" : stored)
                    .append(")\n");
        }
        final String methods =
                METHODS.replace("{PREPARE}\n", prepare)
                        .replace("{ORDER}", "" + program.gradientOrder());
        // s[0] of a tensor is written as a selection of its first dimension
        return program.source() + methods.replaceAll("\\bs\\[(\\d)]", "torch.select(s, 0, $1)");
    }
}
