"""Building the planar index of a partition, block by block so that memory stays small."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from shapely import MultiPolygon, Polygon

from services.grid.domain.boundary_unusable import BoundaryUnusable
from services.grid.domain.edge_lists import edge_lists
from services.grid.domain.edge_table import EdgeTable, edge_table
from services.grid.domain.exact_order import order_along_lines
from services.grid.domain.planar_index import PS, FIRST_PAGE, OUTSIDE, PAGE_BITS, PlanarIndex
from services.grid.domain.quantise import Booleans, Integers
from services.grid.domain.raster_cut import Passes, Sheet, WestCrossings, passes, west_crossings

LONGEST_LIST = 4
SQUARES_PER_BLOCK = 1 << 20


def build_index(faces, shift=None, longest=LONGEST_LIST):
    table = edge_table(faces)
    return _Build(table, shift, longest).run()


class _Build:
    def __init__(self, table, shift, longest):
        self.table, self.longest = table, longest
        self.pages=[]; self.records=[]; self.npages=0; self.nrec=0
        self.w, self.h = table.ends[:, [0,2]].max(), table.ends[:, [1,3]].max()
        # y starts one unit south
        self.shift = shift

    def run(self):
        t=self.table; s=self.shift
        cols=(self.w>>s)+1; rows=(self.h+1>>s)+1
        per=max(1, SQUARES_PER_BLOCK//rows)
        raster=np.empty((cols,rows),np.int32)
        xmin=np.minimum(t.ends[:,0],t.ends[:,2]); xmax=np.maximum(t.ends[:,0],t.ends[:,2])
        for c in range(0,cols,per):
            n=min(per,cols-c)
            sheet=Sheet(np.array([c<<s]),np.array([-1]),n,rows,s)
            edge=np.flatnonzero((xmax>=c<<s)&(xmin<(c+n)<<s))
            vals=self.cut(sheet,edge,np.zeros_like(edge),np.full((n,),-1,np.int64))
            raster[c:c+n]=vals.reshape(n,rows)
        pages=np.concatenate(self.pages) if self.pages else np.empty((0,PS*PS),np.int32)
        rec=np.concatenate(self.records) if self.records else np.empty((0,8),np.int32)
        return PlanarIndex(t, s, rows, cols, raster.ravel(), pages.ravel(), rec)

    def cut(self, sheet, edge, page, entry):
        t=self.table
        cr=west_crossings(t,sheet,edge,page)
        corner=self.fill(sheet,cr,entry)
        ps=passes(t,sheet,edge,page)
        value=corner.astype(np.int32)
        count=np.bincount(ps.square[ps.is_listed],minlength=len(corner))
        crowded=(count>self.longest) if sheet.shift>=PAGE_BITS else np.zeros(len(corner),bool)
        crsq,_=divmod(0,1) if False else (sheet.square_at(cr.strip,cr.row)[1],0)
        inside=cr.row!=sheet.corner(crsq)[1]
        m=inside&~crowded[crsq]
        c2=WestCrossings(cr.edge[m],cr.strip[m],cr.row[m],cr.below[m],cr.above[m])
        m=ps.is_listed&~crowded[ps.square]
        p2=Passes(ps.edge[m],ps.square[m],ps.low[m],ps.high[m],ps.is_listed[m])
        l=edge_lists(t,sheet,p2,c2,corner)
        value[l.square]=-2-(l.first+self.nrec)
        self.records.append(l.records.astype(np.int32)); self.nrec+=len(l.records)
        sq=np.flatnonzero(crowded)
        if len(sq):
            m=crowded[ps.square]
            value[sq]=FIRST_PAGE-1-np.arange(self.npages,self.npages+len(sq))
            base=self.npages; self.npages+=len(sq)
            number=np.cumsum(crowded)-1
            out=np.empty((len(sq),PS*PS),np.int32)
            self.pages.append(out)
            e,p=ps.edge[m],number[ps.square[m]]
            o=np.argsort(p,kind='stable'); e=e[o];p=p[o]
            x,y=sheet.corner(sq)
            for a in range(0,len(sq),4096):
                b=min(a+4096,len(sq))
                i,j=np.searchsorted(p,[a,b])
                sub=Sheet(x[a:b],y[a:b],PS,PS,sheet.shift-PAGE_BITS)
                en=self.entry(sub,e[i:j],p[i:j]-a,corner[sq[a:b]])
                out[a:b]=self.cut(sub,e[i:j],p[i:j]-a,en).reshape(-1,PS*PS)
        return value

    def entry(self,sub,e,p,corner):
        t=self.table
        x1,y1,x2,y2=t.ends[e].T
        row=sub.y[p]
        m=(y1<=row)&(row<y2)
        e,p,row=e[m],p[m],row[m]
        x1,y1,x2,y2=t.ends[e].T
        q,r=np.divmod((row-y1)*(x2-x1),y2-y1)
        c=x1+q+(r>0)
        m=(c>sub.x[p])&(c<sub.x[p]+(PS<<sub.shift))
        o=np.flatnonzero(m)
        o=o[order_along_lines(p[m],(x1+q)[m],r[m],(y2-y1)[m],(x2-x1)[m])]
        first=-((sub.x[p[o]]-c[o])>>sub.shift)
        return fill(len(corner),PS,p[o],first,t.east[e[o]],corner).ravel()

    def fill(self,sheet,cr,entry):
        page=cr.strip//sheet.columns
        first=-((sheet.y[page]-cr.row)>>sheet.shift)
        # check
        prev=np.roll(cr.above,1)
        new=np.ones(len(prev),bool); new[1:]=cr.strip[1:]!=cr.strip[:-1]
        prev=np.where(new,entry[cr.strip],prev)
        bad=np.flatnonzero(prev!=cr.below)
        if len(bad): raise BoundaryUnusable(code='overlap',zh='',en=f'{len(bad)} {bad[:5]}')
        return fill(len(entry),sheet.rows,cr.strip,first,cr.above,entry).ravel()

def fill(lines,length,line,first,after,default):
    last=np.zeros((lines,length),np.int64)
    m=first<length
    last[line[m],first[m]]=np.flatnonzero(m)+1
    np.maximum.accumulate(last,axis=1,out=last)
    return np.where(last>0,np.append(after,0)[last-1],default[:,None])
