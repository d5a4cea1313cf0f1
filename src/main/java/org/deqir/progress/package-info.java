/** Progress and cancellation of long computations, known to every other package. */
package org.deqir.progress;
