/** Helpers shared by the tests of several packages. */
package org.deqir.testing;
